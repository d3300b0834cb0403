/* options.c: parses the command line with getopt_long and the tables of options. */
#include "commands/options.h"
#include "mem.h"
#include "suggest.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER(m) offsetof(struct options, m)
enum { OPTION_MAX = 48 }; /* rows of both tables; a test counts them */

static const char *const formats[] = { "text", "json", NULL };
/* Before the verb is known, any verb's formats are accepted. */
static const char *const any_formats[] = { "text",   "json",     "junit", "sarif",
                                           "github", "markdown", NULL };

/* clang-format off */
const struct option_row options_common[] = {
    { "file", 'f', OPTION_TEXT, MEMBER(file), "FILE", NULL, "the configuration (fifoq.yaml)" },
    { "env", 0, OPTION_TEXT, MEMBER(environment), "NAME", NULL, "merge environments.NAME over the rest" },
    { "region", 0, OPTION_TEXT, MEMBER(region), "REGION", NULL, "the AWS region; overrides the configuration" },
    { "profile", 0, OPTION_TEXT, MEMBER(profile), "NAME", NULL, "the profile in ~/.aws whose credentials are used" },
    { "endpoint-url", 0, OPTION_TEXT, MEMBER(endpoint_url), "URL", NULL, "an AWS-compatible endpoint for every service" },
    { "yes", 'y', OPTION_FLAG, MEMBER(yes), NULL, NULL, "do not ask for confirmation" },
    { "format", 0, OPTION_CHOICE, MEMBER(format), "text|json", formats, "output format (text)" },
    { "no-color", 0, OPTION_FLAG, MEMBER(no_color), NULL, NULL, "no colour; same as NO_COLOR" },
    { "quiet", 'q', OPTION_FLAG, MEMBER(quiet), NULL, NULL, "print only results and errors" },
    { "verbose", 'v', OPTION_COUNT, MEMBER(verbose), NULL, NULL, "show each request to AWS; -vv: also its headers" },
    { "help", 'h', OPTION_FLAG, MEMBER(help), NULL, NULL, "show this help" },
    OPTIONS_END,
};

const struct option_row options_first[] = {
    { "format", 0, OPTION_CHOICE, MEMBER(format), "text|json|junit|sarif|github|markdown", any_formats, "output format (text)" },
    { "version", 'V', OPTION_FLAG, MEMBER(version), NULL, NULL, "show the version" },
    OPTIONS_END,
};
/* clang-format on */

static int64_t duration_unit(const char *unit)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };

    for (size_t i = 0; i < COUNTOF(units); i++)
        if (strcmp(units[i].name, unit) == 0)
            return units[i].ms;
    return 0;
}

int duration_parse(const char *text, int64_t *ms, struct err *e)
{
    char *end = NULL;
    long long n = 0;
    int64_t unit = 0;

    errno = 0;
    n = strtoll(text, &end, 10);
    unit = end == text ? 0 : duration_unit(end);
    if (errno || unit == 0 || n <= 0 || n > INT64_MAX / unit)
        return err_set(
            e, ERR_USAGE,
            "invalid duration '%s'; expected a number with a unit, like 500ms, 2s, 5m or 1h", text);
    *ms = n * unit;
    return 0;
}

/* Both tables as one list. */
struct option_list {
    const struct option_row *rows[OPTION_MAX];
    size_t n;
};

static void list_add(struct option_list *l, const struct option_row *rows)
{
    for (const struct option_row *r = rows; r && r->name && l->n < OPTION_MAX; r++)
        l->rows[l->n++] = r;
}

static const struct option_row *list_letter(const struct option_list *l, int letter)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->rows[i]->letter && l->rows[i]->letter == letter)
            return l->rows[i];
    return NULL;
}

static int set_choice(const struct option_row *r, int *to, const char *word, struct err *e)
{
    for (int i = 0; r->choices[i]; i++) {
        if (strcmp(r->choices[i], word) == 0) {
            *to = i;
            return 0;
        }
    }
    return err_set(e, ERR_USAGE, "--%s: unknown value '%s'; expected %s", r->name, word, r->value);
}

static int set_number(const struct option_row *r, int64_t *to, const char *text, struct err *e)
{
    char *end = NULL;
    long long n = 0;

    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < 0)
        return err_set(e, ERR_USAGE, "--%s: invalid number '%s'; expected 0 or more", r->name,
                       text);
    *to = n;
    return 0;
}

static int add_value(const struct option_row *r, struct option_values *to, const char *text,
                     struct err *e)
{
    if (to->n == OPTION_LIST_MAX)
        return err_set(e, ERR_USAGE, "--%s: at most %d times", r->name, OPTION_LIST_MAX);
    to->list[to->n++] = text;
    return 0;
}

static int set(const struct option_row *r, struct options *o, const char *value, struct err *e)
{
    void *member = r->type == OPTION_CONSENT ? NULL : (char *)o + r->offset;

    switch (r->type) {
    case OPTION_CONSENT: o->consents |= (unsigned)r->offset; return 0;
    case OPTION_FLAG: *(bool *)member = true; return 0;
    case OPTION_COUNT: ++*(int *)member; return 0;
    case OPTION_TEXT:
        *(const char **)member = value;
        if (!*value)
            return err_set(e, ERR_USAGE, "--%s is empty; give it a value", r->name);
        return 0;
    case OPTION_LIST: return add_value(r, member, value, e);
    case OPTION_CHOICE: return set_choice(r, member, value, e);
    case OPTION_NUMBER: return set_number(r, member, value, e);
    case OPTION_DURATION:
        if (duration_parse(value, member, e) < 0)
            return err_wrap(e, "--%s", r->name);
        return 0;
    }
    return 0;
}

/* Reports what getopt_long refused: a letter in optopt, otherwise a long name. */
static int unknown(const struct option_list *l, const char *word, struct err *e)
{
    const char *names[OPTION_MAX] = { NULL };
    const char *near = NULL;
    auto_free char *name = NULL;

    if (optopt && !str_starts(word, "--"))
        return err_set(e, ERR_USAGE, "unknown option '-%c'", optopt);

    name = xstrndup(word + 2, strcspn(word + 2, "="));
    for (size_t i = 0; i < l->n; i++)
        names[i] = l->rows[i]->name;
    near = suggest_word(name, names, l->n);
    if (optopt)
        return err_set(e, ERR_USAGE, "option '--%s' accepts no value", name);
    if (near)
        return err_set(e, ERR_USAGE, "unknown option '--%s'; did you mean '--%s'?", name, near);
    return err_set(e, ERR_USAGE, "unknown option '--%s'", name);
}

static bool takes_value(const struct option_row *r)
{
    return r->type != OPTION_FLAG && r->type != OPTION_CONSENT && r->type != OPTION_COUNT;
}

/* The rows in getopt_long's two forms. val is the row's number + 256, so that it never equals a
 * letter. */
static void to_getopt(const struct option_list *l, bool stop_at_word, struct option *longs,
                      struct buf *shorts)
{
    buf_puts(shorts, stop_at_word ? "+:" : ":");
    for (size_t i = 0; i < l->n; i++) {
        const struct option_row *r = l->rows[i];
        longs[i] = (struct option){ .name = r->name,
                                    .has_arg = takes_value(r) ? required_argument : no_argument,
                                    .val = (int)i + 256 };
        if (r->letter)
            buf_printf(shorts, "%c%s", r->letter, takes_value(r) ? ":" : "");
    }
}

// NOLINTNEXTLINE(readability-function-size): one more than the rule
int options_parse(int argc, char **argv, const struct option_row *a, const struct option_row *b,
                  bool stop_at_word, struct options *o, struct err *e)
{
    struct option_list l = { 0 };
    struct option longs[OPTION_MAX + 1] = { 0 };
    auto_buf shorts = BUF(256);
    int c;

    list_add(&l, a);
    list_add(&l, b);
    to_getopt(&l, stop_at_word, longs, &shorts);
    opterr = 0;
    optind = 0; /* glibc: restart the scan */
    while ((c = getopt_long(argc, argv, buf_str(&shorts), longs, NULL)) != -1) {
        const struct option_row *r = c >= 256 ? l.rows[c - 256] : list_letter(&l, c);
        if (c == ':')
            return err_set(e, ERR_USAGE, "option '%s' needs a value", argv[optind - 1]);
        if (c == '?' || !r)
            return unknown(&l, argv[optind - 1], e);
        if (set(r, o, optarg, e) < 0)
            return -1;
    }
    o->args = argv + optind;
    o->n_args = argc - optind;
    return 0;
}
