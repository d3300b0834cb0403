/* session.c: the stages from options to a client with credentials and rows. */
#include "commands/session.h"

#include "aws_identify.h"
#include "aws_memo.h"
#include "clock.h"
#include "commands/hold.h"
#include "identity/settings.h"
#include "mem.h"
#include "parallel.h"
#include "pipeline/permissions.h"
#include "text.h"
#include "trial/trial.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OTHERS_SHOWN = 8 };
#define CONFIG_FILE "fifoq.yaml"

/* True for verbs that create the pipeline or check whether it can be created. */
static bool checks_config(const char *verb)
{
    return verb && str_has_word("check plan up bootstrap", verb);
}

/* `check` shows warnings even with --quiet. */
static bool shows_warnings(const struct options *o)
{
    return checks_config(o->verb) && (!o->quiet || strcmp(o->verb, "check") == 0);
}

int session_config(struct session *s, const struct options *o, struct err *e)
{
    struct problems p = { 0 };
    const char *file = s->file ? s->file : o->file ? o->file : CONFIG_FILE;
    const char *environment = s->file ? s->environment : o->environment;
    int result = 0;

    s->options = o;
    result = config_load(file, environment, &s->config, &p, e);
    if (result == 0 && checks_config(o->verb))
        result = trial_config(&s->config, &p, e) < 0 ? -1 : config_verdict(file, &p, e);
    for (size_t i = 0; i < p.n; i++)
        if (!p.list[i].warning || shows_warnings(o))
            terminal_say(stderr, p.list[i].text);
    problems_done(&p);
    if (result < 0 && e->code == ERR_IO)
        e->code = ERR_CONFIG; /* an unreadable file counts as a wrong configuration */
    return result;
}

int session_config_if_any(struct session *s, const struct options *o, struct err *e)
{
    s->options = o;
    if (!o->file && !o->environment && access(CONFIG_FILE, F_OK) < 0)
        return 0;
    return session_config(s, o, e);
}

/* The profile of the command line or the configuration; NULL: none. */
static const char *profile_given(const struct session *s)
{
    return s->options->profile ? s->options->profile : s->config.profile;
}

/* The region of the command line or the configuration; NULL: none. */
static const char *region_given(const struct session *s, const char **from)
{
    *from = s->options->region ? "option" : "configuration";
    return s->options->region ? s->options->region : s->config.region;
}

char *session_region(const struct session *s, const char **from)
{
    const char *given = region_given(s, from);
    struct shared_config *files = NULL;
    struct err unused;
    char *region;

    if (given)
        return xstrdup(given);
    if (shared_config_load(&files, &unused) < 0)
        files = NULL; /* session_login reports it */
    region = aws_settings_region(files, identity_profile(profile_given(s)), from);
    shared_config_free(files);
    return region;
}

static const struct aws_permits *permits_of(const struct session *s)
{
    auto_free char *many = xasprintf("%s of many", s->options->verb);

    if (s->options->live)
        return permissions_of("check --live");
    return permissions_of(s->own_clients ? s->options->verb : many);
}

int session_login(struct session *s, struct err *e)
{
    const struct client_ask ask = {
        .profile = profile_given(s),
        .region = region_given(s, &s->region_from),
        .endpoint_url = s->options->endpoint_url,
        .config = s->config.file,
        .quiet = s->options->quiet,
    };
    int rc;

    if (!s->clients)
        s->clients = s->own_clients = clients_new(false);
    rc = clients_find(s->clients, &ask, &s->client, e);
    if (!s->client)
        return rc;
    s->aws = &s->client->aws;
    s->aws->permits = permits_of(s);
    if (s->client->region_from)
        s->region_from = s->client->region_from;
    return rc;
}

enum { ACCOUNT, PACKAGE, LIMITS, ROLE_NAMES, FINDS };

/* Finds the account, the package, the limits and the roles' names in parallel. */
struct finding {
    struct session *s;
    struct err err[FINDS];
    int result[FINDS];
    bool wanted[FINDS];
};

static void find_fact(void *arg, size_t i)
{
    struct finding *f = arg;

    if (!f->wanted[i])
        return;
    switch (i) {
    case ACCOUNT: f->result[i] = clients_identify(f->s->clients, f->s->client, &f->err[i]); break;
    case PACKAGE: f->result[i] = package_make(&f->s->config, &f->s->package, &f->err[i]); break;
    case ROLE_NAMES:
        role_names_decide(&f->s->roles, f->s->aws, f->s->memo, f->s->config.pipeline);
        break;
    default:
        if (account_limits_read(f->s->aws, &f->s->limits, &f->s->limits_err) == 0)
            f->s->limits_err.code = ERR_OK;
        break;
    }
}

static int guard_account(const struct session *s, struct err *e)
{
    if (!s->config.account || strcmp(s->config.account, s->aws->account) == 0)
        return 0;
    return err_set(e, ERR_REFUSED,
                   "the credentials belong to account '%s', but '%s' allows only '%s'; use others, "
                   "for example with --profile",
                   s->aws->account, s->config.file, s->config.account);
}

static bool is_interrupted(void *arg)
{
    (void)arg;
    return interrupted();
}

/* A plan needs no value, only the fact that `up` will ask for one. */
static char *secret_placeholder(const char *name)
{
    (void)name;
    return xstrdup("asked for by 'fifoq up'");
}

int session_identify(struct session *s, bool with_package, struct err *e)
{
    struct finding f = { .s = s,
                         .wanted = { true, with_package, s->ask_limits, !s->without_roles } };

    s->memo = aws_memo_new();
    s->hold = hold_new();
    if (!s->own_clients && clients_identify(s->clients, s->client, e) < 0)
        return -1;
    parallel_each(FINDS, FINDS, find_fact, &f);
    for (size_t i = 0; i < FINDS; i++) {
        if (f.result[i] < 0) {
            *e = f.err[i];
            return -1;
        }
    }
    if (guard_account(s, e) < 0)
        return -1;

    pipeline_build(&s->pipeline, &s->config, s->without_roles ? NULL : &s->roles);
    s->ctx = (struct ctx){
        .aws = s->aws,
        .pipeline = s->config.pipeline,
        .tags = s->pipeline.tags,
        .ignore_tags = s->config.ignore_tags,
        .began_ms = aws_date_ms(s->aws),
        .consents = s->options->consents,
        .package = with_package ? &s->package : NULL,
        .stop = is_interrupted,
        .ask_secret = secret_placeholder,
    };
    return 0;
}

int session_open(struct session *s, const struct options *o, bool with_package, struct err *e)
{
    if (session_config(s, o, e) < 0 || session_login(s, e) < 0)
        return -1;
    return session_identify(s, with_package, e);
}

int session_open_read_only(struct session *s, const struct options *o, struct err *e)
{
    if (session_config(s, o, e) < 0 || session_login(s, e) < 0)
        return -1;
    s->aws->read_only = true;
    return session_identify(s, true, e);
}

/* Prints the errors that *e does not contain: a refusal lists all refusals, a failure only itself.
 */
static void print_others(const struct plan *p, const struct err *e)
{
    size_t others = 0;

    for (size_t i = 0; i < p->n; i++) {
        const struct err *one = &p->steps[i].err;
        bool told = one->code == ERR_OK || (one->code == ERR_REFUSED && e->code == ERR_REFUSED) ||
                    strcmp(one->msg, e->msg) == 0;
        if (!told && ++others <= OTHERS_SHOWN)
            terminal_say(stderr, one->msg);
    }
    if (others > OTHERS_SHOWN)
        (void)fprintf(stderr, "... and %zu more\n", others - OTHERS_SHOWN);
}

int session_plan(const struct session *s, bool removal, struct plan *p, struct err *e)
{
    struct ctx look = s->ctx;
    int result;

    look.memo = s->memo;
    result = plan_make(p, s->pipeline.rows, s->pipeline.n, removal, &look, e);
    aws_memo_forget(s->memo);
    if (result < 0)
        print_others(p, e);
    return result;
}

int session_plan_again(const struct session *s, const struct plan *before, struct plan *p,
                       struct err *e)
{
    int result = plan_again(p, before, s->pipeline.rows, s->pipeline.n, &s->ctx, e);

    if (result < 0)
        print_others(p, e);
    return result;
}

void session_preflight(const struct session *s, const struct plan *p, struct preflight *out)
{
    bool known = s->ask_limits && s->limits_err.code == ERR_OK;
    struct preflight_facts f = {
        .config = &s->config,
        .pipeline = &s->pipeline,
        .plan = p,
        .aws = s->aws,
        .limits = known ? &s->limits : NULL,
        .limits_err = s->ask_limits && !known ? &s->limits_err : NULL,
        .now_ms = clock_wall_ms(),
    };

    preflight_look(out, &f);
}

void session_done(struct session *s)
{
    pipeline_done(&s->pipeline);
    role_names_done(&s->roles);
    package_done(&s->package);
    aws_memo_free(s->memo);
    hold_free(s->hold);
    clients_free(s->own_clients);
    config_done(&s->config);
    *s = (struct session){ 0 };
}
