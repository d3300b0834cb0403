/* values.c: the types with one scalar. */
#include "config/decode.h"
#include "mem.h"
#include "suggest.h"
#include "text.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *value_wrong(const struct value *v, const char *fmt, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    report_add(v->d->report, v->node->at, v->path, "%s", text);
    return NULL;
}

void *value_not_allowed(const struct value *v, const char *fmt, ...)
{
    char text[1024];
    auto_buf allowed = BUF(1024);
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    field_allowed(v->f, &allowed);
    return value_wrong(v, "%s; allowed: %s", text, buf_str(&allowed));
}

/* Reports text that other YAML readers would not take for text. */
static bool scalar_is_text(const struct value *v)
{
    const char *text = v->node->text;

    switch (ynode_scalar(v->node)) {
    case YSCALAR_TEXT: return true;
    case YSCALAR_NULL: (void)value_not_allowed(v, "the value is empty"); return false;
    case YSCALAR_TRUE:
    case YSCALAR_FALSE:
    case YSCALAR_AMBIGUOUS:
        (void)value_wrong(v, "without quotes, '%s' is true or false in YAML; use \"%s\"", text,
                          text);
        return false;
    case YSCALAR_NUMBER:
    case YSCALAR_ODD:
        (void)value_wrong(v, "without quotes, '%.60s' is a number in YAML; use \"%.60s\"", text,
                          text);
        return false;
    }
    return false;
}

static bool pattern_fits(const char *pattern, const char *text)
{
    regex_t re;
    bool fits;

    if (!pattern)
        return true;
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
        abort(); /* the table is wrong */
    fits = regexec(&re, text, 0, NULL, 0) == 0 && !strchr(text, '\n');
    regfree(&re);
    return fits;
}

/* UTF-8, checked when the file was read. */
static size_t characters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static json_t *value_string(const struct value *v)
{
    const char *text = v->node->text;
    size_t n = characters(text);

    /* a number of fixed length cannot be misread: its text is kept, quotes or not */
    if (v->f->min != v->f->max && !scalar_is_text(v))
        return NULL;
    if (!pattern_fits(v->f->pattern, text))
        return value_not_allowed(v, "invalid value '%.80s'", text);
    if (n < (size_t)v->f->min || n > (size_t)v->f->max)
        return value_not_allowed(v, "wrong length: '%.80s' has %zu character%s", text, n,
                                 n == 1 ? "" : "s");
    return json_string_nocheck(text);
}

/* Digits only; -1: anything else, or too large. */
static int64_t digits_value(const char *text, size_t n)
{
    int64_t value = 0;

    if (!n || n > 15)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static json_t *value_integer(const struct value *v)
{
    const char *text = v->node->text;
    int64_t value = digits_value(text, strlen(text));

    if (!v->node->plain && value >= 0)
        return value_not_allowed(v, "\"%s\" is text; remove the quotes", text);
    if (value < v->f->min || value > v->f->max || (value > 0 && *text == '0'))
        return value_not_allowed(v, "invalid value '%.60s'", text);
    return json_integer(value);
}

int64_t value_seconds(const char *text)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    size_t n = strlen(text);
    int64_t value = n ? digits_value(text, n - 1) : -1;

    for (size_t i = 0; value >= 0 && value < INT32_MAX && i < COUNTOF(units); i++)
        if (text[n - 1] == units[i].unit)
            return value * units[i].seconds;
    return -1;
}

static json_t *value_duration(const struct value *v)
{
    const char *text = v->node->text;
    int64_t seconds = value_seconds(text);

    if (digits_value(text, strlen(text)) >= 0)
        return value_not_allowed(v, "missing unit in '%s'", text);
    if (seconds < v->f->min || seconds > v->f->max)
        return value_not_allowed(v, "invalid value '%.60s'", text);
    return json_integer(seconds);
}

static json_t *value_days(const struct value *v)
{
    int64_t seconds = value_seconds(v->node->text);

    for (size_t i = 0; v->f->choices[i]; i++)
        if (seconds == value_seconds(v->f->choices[i]))
            return json_integer(seconds / 86400);
    return value_not_allowed(v, "invalid value '%.60s'", v->node->text);
}

static json_t *value_rate(const struct value *v)
{
    const char *text = v->node->text, *slash = strchr(text, '/');
    int64_t n = slash ? digits_value(text, (size_t)(slash - text)) : -1;
    double per = !slash                     ? 0
                 : strcmp(slash, "/s") == 0 ? 1
                 : strcmp(slash, "/m") == 0 ? 60
                 : strcmp(slash, "/h") == 0 ? 3600
                                            : 0;

    if (n <= 0 || per <= 0 || (double)n / per > (double)v->f->max)
        return value_not_allowed(v, "invalid value '%.60s'", text);
    return json_real((double)n / per);
}

static bool is_choice(const struct field *f, const char *text)
{
    for (size_t i = 0; f->choices[i]; i++)
        if (strcmp(f->choices[i], text) == 0)
            return true;
    return false;
}

static size_t choices_count(const char *const *choices)
{
    size_t n = 0;

    while (choices[n])
        n++;
    return n;
}

/* Synonyms from other tools, which may be far in letters. */
static const char *other_word(const char *text, const char *const *choices)
{
    static const char *const words[][2] = {
        { "amd64", "x86_64" },  { "x64", "x86_64" },   { "x86-64", "x86_64" },
        { "aarch64", "arm64" }, { "warning", "warn" }, { "dlq", "dead-letter" },
    };

    for (size_t i = 0; i < COUNTOF(words); i++)
        for (size_t k = 0; strcmp(text, words[i][0]) == 0 && choices[k]; k++)
            if (strcmp(choices[k], words[i][1]) == 0)
                return choices[k];
    return NULL;
}

static json_t *value_enum(const struct value *v)
{
    const char *text = v->node->text, *near;
    auto_buf allowed = BUF(1024);
    auto_free char *hint = NULL;

    if (is_choice(v->f, text))
        return json_string(text);
    near = other_word(text, v->f->choices);
    if (!near)
        near = suggest_word(text, v->f->choices, choices_count(v->f->choices));
    field_allowed(v->f, &allowed);
    hint = suggest_hint(near, "allowed", buf_str(&allowed));
    return value_wrong(v, "unknown value '%.60s'%s", text, hint);
}

static json_t *value_key(const struct value *v)
{
    const char *text = v->node->text, *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    auto_free char *name = xstrndup(text, n);
    char type[2] = "S";

    if (!scalar_is_text(v))
        return NULL;
    if (colon && (strlen(colon) != 2 || !strchr("SNB", colon[1])))
        return value_not_allowed(v, "unknown type in '%.80s'", text);
    if (n < (size_t)v->f->min || n > (size_t)v->f->max)
        return value_not_allowed(v, "a key's name has 1 to %d characters, this one has %zu",
                                 (int)v->f->max, n);
    if (colon)
        type[0] = colon[1];
    return json_pack("{s:s, s:s}", "name", name, "type", type);
}

static json_t *value_expression(const struct value *v)
{
    struct schedule s;
    struct err e;

    if (!scalar_is_text(v))
        return NULL;
    if (schedule_parse(v->node->text, &s, &e) < 0)
        return value_wrong(v, "%s", e.msg);
    if (schedule_next(&s, 0) < 0)
        return value_wrong(v, "'%s' never fires: no month has that day", v->node->text);
    return json_string(v->node->text);
}

static json_t *value_status(const struct value *v)
{
    const char *text = v->node->text, *dash = strchr(text, '-');
    int64_t low = digits_value(text, dash ? (size_t)(dash - text) : strlen(text));
    int64_t high = dash ? digits_value(dash + 1, strlen(dash + 1)) : low;

    if (is_choice(v->f, text))
        return json_pack("[I, I]", (json_int_t)low, (json_int_t)low);
    if (low < v->f->min || high > v->f->max || high < low)
        return value_not_allowed(v, "invalid value '%.60s'", text);
    return json_pack("[I, I]", (json_int_t)low, (json_int_t)high);
}

static json_t *value_source(const struct value *v)
{
    static const struct {
        const char *prefix, *from, *pattern;
    } sources[] = {
        { "env:", "env", "^[A-Za-z_][A-Za-z0-9_]*$" },
        { "file:", "file", "." },
        { "existing:", "existing", "^(/?[A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+)+)$" },
    };
    const char *text = v->node->text;

    if (strcmp(text, "prompt") == 0)
        return json_pack("{s:s, s:n}", "from", "prompt", "source");
    for (size_t i = 0; i < COUNTOF(sources); i++) {
        const char *rest = text + strlen(sources[i].prefix);
        if (!str_starts(text, sources[i].prefix))
            continue;
        if (!pattern_fits(sources[i].pattern, rest) || strlen(rest) > 1000 ||
            str_starts(text, "existing:/aws/"))
            break;
        return json_pack("{s:s, s:s}", "from", sources[i].from, "source", rest);
    }
    if (str_starts(text, "existing:/aws/"))
        return value_not_allowed(
            v, "parameters below /aws are reserved for AWS and cannot hold your secrets");
    /* the value may be a secret that was put here: it is not shown */
    return value_not_allowed(v, "invalid source");
}

json_t *value_scalar(const struct value *v)
{
    if (v->node->kind != YNODE_SCALAR)
        return value_not_allowed(v, "expected one value, not %s",
                                 v->node->kind == YNODE_MAP ? "a map" : "a list");
    switch (v->f->type) {
    case FIELD_STRING: return value_string(v);
    case FIELD_INTEGER: return value_integer(v);
    case FIELD_DURATION: return value_duration(v);
    case FIELD_DAYS: return value_days(v);
    case FIELD_RATE: return value_rate(v);
    case FIELD_ENUM: return value_enum(v);
    case FIELD_KEY: return value_key(v);
    case FIELD_EXPRESSION: return value_expression(v);
    case FIELD_STATUS: return value_status(v);
    case FIELD_SOURCE: return value_source(v);
    default: abort(); /* decode.c decodes the others */
    }
}
