/* manual.c: the manual page as Markdown (docs/reference/commands.md) and for man(1), generated from
 * the tables of verbs and options. */
#include "commands/help.h"
#include "mem.h"
#include "version.h"

static const struct {
    enum exit_code code;
    const char *meaning;
} exit_codes[] = {
    { EXIT_DONE, "done, or nothing differs" },
    { EXIT_FAILED, "failed" },
    { EXIT_DIFFERS, "drift, and plan --detailed-exitcode: differences were found" },
    { EXIT_UNREADABLE, "drift: some resources could not be read, so drift may be hidden" },
    { EXIT_REFUSED, "refused, to protect something: waiting messages, resources of others, another "
                    "account, a property that cannot be changed, another run's lock" },
    { EXIT_BAD_USAGE, "the command line or the configuration is wrong" },
    { EXIT_INTERRUPTED, "interrupted; the last line says what was done and what is left" },
};

static const struct {
    const char *name, *meaning;
} variables[] = {
    { "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN", "credentials; first choice" },
    { "AWS_PROFILE",
      "the profile of ~/.aws/config and ~/.aws/credentials: keys, roles, SSO, a program" },
    { "AWS_REGION, AWS_DEFAULT_REGION",
      "the region, if neither --region nor the configuration sets one" },
    { "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SERVICE",
      "AWS-compatible endpoints, for all services and for one" },
    { "AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT",
      "true: use AWS's FIPS endpoints, its dual-stack endpoints (IPv6)" },
    { "AWS_STS_REGIONAL_ENDPOINTS", "legacy: use STS's global endpoint" },
    { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true: ignore all endpoints except --endpoint-url" },
    { "AWS_MAX_ATTEMPTS, AWS_RETRY_MODE", "the most attempts of a request, and how it is retried" },
    { "AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE, SSL_CERT_FILE",
      "certificate authorities to trust instead of the system's" },
    { "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
      "the proxy to AWS, and the hosts to reach without it; also in lower case" },
    { "NO_COLOR", "no colour" },
};

static void markdown_options(const struct option_row *rows, FILE *to)
{
    (void)fputs("| option | |\n|---|---|\n", to);
    for (const struct option_row *r = rows; r && r->name; r++) {
        (void)fputs("| `", to);
        if (r->letter)
            (void)fprintf(to, "-%c`, `", r->letter);
        (void)fprintf(to, "--%s", r->name);
        for (const char *c = r->value ? r->value : ""; *c; c++) /* '|' would end the cell */
            (void)fprintf(to, "%s%s", c == r->value ? " " : "",
                          *c == '|' ? "\\|" : (char[]){ *c, 0 });
        (void)fprintf(to, "` | %s |\n", r->help);
    }
    (void)fputc('\n', to);
}

static void markdown_verb(const struct verb *v, FILE *to)
{
    (void)fprintf(to, "## fifoq %s%s%s\n\n%s.\n\n", v->name, v->arguments ? " " : "",
                  v->arguments ? v->arguments : "", v->summary);
    if (v->details)
        (void)fprintf(to, "%s\n\n", v->details);
    if (v->options)
        markdown_options(v->options, to);
}

void help_markdown(FILE *to)
{
    (void)fputs(
        "# The commands\n\nThis page is what `fifoq help --markdown` prints.\n\n"
        "Results go to standard output, progress and errors to standard error. On a terminal `up` "
        "and `down` ask before they change anything; without a terminal they change nothing unless "
        "`--yes` is given. Only one run at a time changes a pipeline, because it holds the lock "
        "([design](../internals/design.md)).\n\n"
        "Ctrl-C (or SIGTERM, SIGHUP) lets running requests finish, starts nothing new, and says "
        "what is done and what is left; a second one stops the command immediately.\n\n",
        to);
    for (const struct verb *const *v = verbs; *v; v++)
        markdown_verb(*v, to);
    (void)fputs("## Options of every command\n\nBefore or after the command's name.\n\n", to);
    markdown_options(options_common, to);
    (void)fputs("## Exit codes\n\n| code | |\n|---|---|\n", to);
    for (size_t i = 0; i < COUNTOF(exit_codes); i++)
        (void)fprintf(to, "| %d | %s |\n", (int)exit_codes[i].code, exit_codes[i].meaning);
    (void)fputs("\n## Environment\n\n| variable | |\n|---|---|\n", to);
    for (size_t i = 0; i < COUNTOF(variables); i++)
        (void)fprintf(to, "| `%s` | %s |\n", variables[i].name, variables[i].meaning);
}

/* Escapes text for troff, which treats a leading '.' or '\'' as a request, '\\' as an escape and
 * '-' as a breakable hyphen. */
static void troff(const char *text, FILE *to)
{
    if (*text == '.' || *text == '\'')
        (void)fputs("\\&", to);
    for (; *text; text++) {
        if (*text == '\\')
            (void)fputs("\\e", to);
        else if (*text == '-')
            (void)fputs("\\-", to);
        else if (*text == '\'')
            (void)fputs("\\(aq", to);
        else
            (void)fputc(*text, to);
    }
    (void)fputc('\n', to);
}

static void man_options(const struct option_row *rows, FILE *to)
{
    for (const struct option_row *r = rows; r && r->name; r++) {
        auto_free char *long_form = NULL;

        (void)fputs(".TP\n.B ", to);
        if (r->letter)
            (void)fprintf(to, "\\-%c, ", r->letter);
        long_form = xasprintf("--%s%s%s", r->name, r->value ? " " : "", r->value ? r->value : "");
        troff(long_form, to);
        troff(r->help, to);
    }
}

static void man_verb(const struct verb *v, FILE *to)
{
    auto_free char *heading = xasprintf("fifoq %s %s", v->name, v->arguments ? v->arguments : "");
    auto_free char *summary = xasprintf("%s.", v->summary);

    (void)fputs(".SS ", to);
    troff(heading, to);
    troff(summary, to);
    if (v->details) {
        (void)fputs(".PP\n", to);
        troff(v->details, to);
    }
    man_options(v->options, to);
}

static void man_terms(const char *term, const char *meaning, FILE *to)
{
    (void)fputs(".TP\n.B ", to);
    troff(term, to);
    troff(meaning, to);
}

void help_man(FILE *to)
{
    (void)fprintf(
        to,
        ".TH FIFOQ 1 \"\" \"fifoq %s\" \"User Commands\"\n.SH NAME\nfifoq \\- delivers items of a "
        "DynamoDB table, in order and on a schedule, to HTTP APIs\n.SH SYNOPSIS\n.B fifoq\n.I "
        "COMMAND\n[options]\n"
        ".SH COMMANDS\n",
        FIFOQ_VERSION);
    for (const struct verb *const *v = verbs; *v; v++)
        man_verb(*v, to);
    (void)fputs(".SH OPTIONS\nOf every command, before or after its name.\n", to);
    man_options(options_common, to);
    (void)fputs(".SH EXIT STATUS\n", to);
    for (size_t i = 0; i < COUNTOF(exit_codes); i++) {
        auto_free char *code = xasprintf("%d", (int)exit_codes[i].code);
        man_terms(code, exit_codes[i].meaning, to);
    }
    (void)fputs(".SH ENVIRONMENT\n", to);
    for (size_t i = 0; i < COUNTOF(variables); i++)
        man_terms(variables[i].name, variables[i].meaning, to);
}
