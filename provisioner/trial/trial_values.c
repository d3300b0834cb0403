/*
 * trial_values.c: values that can be stored and sent, but not accepted: quotes or spaces copied
 * along with a secret, 'Bearer ' before a token, a PEM text that lost its line breaks.
 */
#include "trial/trial_values.h"

#include "clock.h"
#include "mem.h"
#include "template.h"
#include "text.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>

enum { SOON_DAYS = 14 };

enum use { USE_TEXT = 1, USE_HEADER = 2, USE_BEARER = 4, USE_PEM = 8 };

/* How a field's text is used: the first row whose path is a prefix counts. Other fields are data.
 */
static const struct {
    const char *path;
    unsigned use;
} uses[] = {
    { "auth.bearer", USE_TEXT | USE_HEADER | USE_BEARER },
    { "auth.basic.", USE_TEXT },
    { "auth.header.", USE_TEXT | USE_HEADER },
    { "auth.mtls.", USE_PEM },
    { "auth.oauth2.ca", USE_PEM },
    { "ca", USE_PEM },
    { "auth.", USE_TEXT },
    { "headers.", USE_TEXT | USE_HEADER },
};

static void note_name(void *arg, const char *root, const char *path)
{
    if (strcmp(root, "param") == 0 && str_starts(path, "param."))
        json_object_set_new(arg, path + strlen("param."), json_true());
}

static void note_other(void *arg, const char *root, const char *path)
{
    bool *other = arg;

    (void)path;
    *other = *other || strcmp(root, "param") != 0;
}

bool trial_same_for_all(const char *text)
{
    struct template *t = NULL;
    bool other = false;
    struct err e;

    if (!text || template_compile_text(text, &t, &e) < 0)
        return false;
    template_each_path(t, note_other, &other);
    template_free(t);
    return !other;
}

static void field_text(const char *path, const char *text, trial_field_fn *fn, void *arg)
{
    auto_json json_t *names = json_object();
    struct template *t = NULL;
    struct err e;

    if (template_compile_text(text, &t, &e) == 0)
        template_each_path(t, note_name, names);
    template_free(t);
    if (json_object_size(names))
        fn(arg, path, text, names);
}

static void field_each(const char *path, const json_t *value, trial_field_fn *fn, void *arg)
{
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_string(value))
        field_text(path, json_string_value(value), fn, arg);
    json_object_foreach((json_t *)value, key, member) {
        auto_free char *below = xasprintf("%s%s%s", path, *path ? "." : "", key);
        field_each(below, member, fn, arg);
    }
    json_array_foreach(value, i, member) {
        auto_free char *below = xasprintf("%s[%zu]", path, i);
        field_each(below, member, fn, arg);
    }
}

void trial_fields(const json_t *destination, trial_field_fn *fn, void *arg)
{
    field_each("", destination, fn, arg);
}

/* One parameter and all its uses. */
struct looked {
    const struct config *config;
    const struct config_parameter *parameter;
    const char *value;
    struct problems *problems;
    unsigned use;
};

static void note_use(void *arg, const char *path, const char *text, const json_t *names)
{
    struct looked *l = arg;

    (void)text;
    for (size_t i = 0; json_object_get(names, l->parameter->name) && i < COUNTOF(uses); i++)
        if (str_starts(path, uses[i].path)) {
            l->use |= uses[i].use;
            return;
        }
}

static void warn(const struct looked *l, const char *text)
{
    auto_free char *path = xasprintf("parameters.%s.from", l->parameter->name);

    config_warn(l->config, l->problems, path, "the value %s", text);
}

static bool has_byte(const char *s, int (*is)(int))
{
    for (; *s; s++)
        if (is((unsigned char)*s))
            return true;
    return false;
}

static int is_beyond_ascii(int c)
{
    return c > 0x7f;
}

static void look_at_text(const struct looked *l)
{
    const char *s = l->value;
    size_t n = strlen(s);
    bool quoted = n > 1 && (*s == '"' || *s == '\'') && s[n - 1] == *s;

    if (quoted)
        warn(l, "begins and ends with a quote, which would be sent too; remove both quotes");
    if (isspace((unsigned char)*s) || isspace((unsigned char)s[n - 1]))
        warn(l, "begins or ends with a space or a line break, which would be sent too; remove it");
    if ((l->use & USE_HEADER) && has_byte(s, is_beyond_ascii))
        warn(l, "holds non-ASCII characters, which many servers refuse in a header; check that it "
                "was copied correctly");
    if ((l->use & USE_BEARER) && strncasecmp(s, "Bearer ", 7) == 0)
        warn(l, "begins with 'Bearer ', which auth.bearer adds itself; remove that word");
}

static void look_at_dates(const struct looked *l, const X509 *x)
{
    int64_t now_ms = clock_wall_ms();
    time_t now = (time_t)(now_ms / 1000), soon = now + SOON_DAYS * 86400;
    const ASN1_TIME *from = X509_get0_notBefore(x), *until = X509_get0_notAfter(x);

    if (X509_cmp_time(from, &now) > 0)
        warn(l, "is a certificate that is not valid yet; check its dates and this machine's clock");
    else if (X509_cmp_time(until, &now) < 0)
        warn(l, "is a certificate that has expired; renew it");
    else if (X509_cmp_time(until, &soon) < 0)
        warn(l, "is a certificate that expires in less than 14 days; renew it soon");
}

/* False: the value cannot be used. */
static bool look_at_pem(const struct looked *l)
{
    bool pem = strstr(l->value, "-----BEGIN ") != NULL;
    bool escaped = strstr(l->value, "\\n") != NULL, broken = pem && !strchr(l->value, '\n');
    auto_free char *path = xasprintf("parameters.%s.from", l->parameter->name);
    BIO *in;
    X509 *x;

    if (broken) {
        config_wrong(l->config, l->problems, path, "the value is PEM, but %s; %s",
                     escaped ? "its line breaks are written as \\n" : "on one line",
                     "keep its line breaks, for example with file:PATH");
        return false;
    }
    in = BIO_new_mem_buf(l->value, -1);
    x = PEM_read_bio_X509(in, NULL, NULL, (void *)"");
    if (x)
        look_at_dates(l, x);
    X509_free(x);
    BIO_free(in);
    ERR_clear_error();
    return true;
}

void trial_values(const struct config *c, json_t *values, struct problems *p)
{
    for (size_t i = 0; i < c->n_parameters; i++) {
        const struct config_parameter *one = &c->parameters[i];
        struct looked l = { c, one, jget_str(values, one->name), p, 0 };

        for (size_t k = 0; l.value && k < c->drain.n_destinations; k++)
            trial_fields(c->drain.destinations[k].settings, note_use, &l);
        if (l.use & USE_TEXT)
            look_at_text(&l);
        if ((l.use & USE_PEM) && !look_at_pem(&l))
            json_object_set_new(values, one->name, json_null());
    }
}
