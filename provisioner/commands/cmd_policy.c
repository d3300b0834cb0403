/* cmd_policy.c: `fifoq policy`. */
#include "aws_names.h"
#include "commands/session.h"
#include "commands/verb.h"
#include "mem.h"
#include "pipeline/permissions.h"
#include "ui/plan_print.h"

#include <stdio.h>
#include <string.h>

/* The parts of ARNs that are known without a request; "*" for the others. */
static void known_names(const struct session *s, struct aws *a)
{
    const char *account = s->options->account ? s->options->account : s->config.account;
    const char *partition, *dns_suffix, *from;

    a->region = session_region(s, &from);
    if (a->region)
        (void)aws_region_plain(a->region);
    aws_partition_of(a->region ? a->region : "", &partition, &dns_suffix);
    if (!a->region)
        a->region = xstrdup("*");
    a->partition = xstrdup(partition);
    a->account = xstrdup(account ? account : "*");
}

static int check_account(const char *account, struct err *e)
{
    if (account && (strlen(account) != 12 || strspn(account, "0123456789") != 12))
        return err_set(e, ERR_USAGE, "--account: invalid account '%s'; expected twelve digits",
                       account);
    return 0;
}

/* Prints notes to stderr: standard output holds only the policy. */
static void print_notes(const struct options *o, const struct aws *a, const json_t *policy)
{
    auto_free char *text = json_dumps(policy, JSON_COMPACT);
    size_t n = strlen(text);

    if (n > POLICY_INLINE_MAX)
        (void)fprintf(stderr,
                      "%zu characters: too many for a role's inline policies (at most %d)\n", n,
                      POLICY_INLINE_MAX);
    else if (n > POLICY_MANAGED_MAX)
        (void)fprintf(stderr,
                      "%zu characters: too many for a managed policy (at most %d); use an inline "
                      "policy of a role (at most %d)\n",
                      n, POLICY_MANAGED_MAX, POLICY_INLINE_MAX);
    if (!o->quiet && strcmp(a->account, "*") == 0)
        (void)fprintf(stderr, "the policy is for any account; --account, or 'account' in the "
                              "configuration, makes it narrower\n");
}

static int no_command(struct err *e)
{
    auto_free char *all = permissions_commands();

    return err_set(e, ERR_USAGE, "policy: missing command; expected one of %s", all);
}

static int policy_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };
    auto_json json_t *policy = NULL;
    struct aws names = { 0 };
    int rc;

    if (o->n_args == 0)
        return no_command(e);
    if (check_account(o->account, e) < 0 || session_config(&s, o, e) < 0)
        return -1;
    known_names(&s, &names);
    if (o->live && strcmp(o->args[0], "check") != 0)
        return err_set(e, ERR_USAGE, "--live is only for 'fifoq policy check'");
    rc = permissions_policy(o->live ? "check --live" : o->args[0], &s.config, &names, &policy, e);
    if (rc == 0) {
        json_print(policy, stdout);
        print_notes(o, &names, policy);
    }
    aws_done(&names);
    return rc < 0 ? -1 : EXIT_DONE;
}

static const struct option_row policy_options[] = {
    { "account", 0, OPTION_TEXT, offsetof(struct options, account), "ID", NULL,
      "the account in the policy (the configuration's, otherwise any)" },
    { "live", 0, OPTION_FLAG, offsetof(struct options, live), NULL, NULL,
      "with check: what 'check --live' needs, which decrypts parameters" },
    OPTIONS_END,
};

const struct verb verb_policy = {
    .name = "policy",
    .summary = "print the minimal IAM policy that a command needs",
    .arguments = "COMMAND",
    .details =
        "For up, drift, plan, check, down, dev, bootstrap or list, as JSON to paste. Needs no "
        "credentials. The policy and the client, which refuses every other action, use the "
        "same table; resources are as narrow as the names in the configuration allow.",
    .options = policy_options,
    .max_args = 1,
    .run = policy_run,
};
