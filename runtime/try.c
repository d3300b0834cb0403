/* try.c: destinations built as drain builds them, for a made-up message. */
#include "try.h"

#include "destination.h"
#include "oauth2.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Fields whose text is read out, so that a stand-in for a parameter says nothing about them. */
static const char *const formed[] = { "auth.mtls", "auth.oauth2.ca", "ca" };

struct attempt {
    struct destination d;
    const json_t *parameters;
    json_t *values; /* what templates see: an exact tree */
    bool agree;     /* they suit all templates */
    bool guessed;   /* one of its parameters has a stand-in */
    try_report_fn *report;
    void *to;
};

/* The steps before each ": " of a message, as one path; *text is what follows. */
static char *path_of(const char *message, const char **text)
{
    auto_buf path = BUF(BUF_SMALL);

    for (size_t n; isalpha((unsigned char)*message) && (n = strcspn(message, " :'")) > 0 &&
                   str_starts(message + n, ": ");) {
        buf_printf(&path, "%s%.*s", path.len ? "." : "", (int)n, message);
        message += n + 2;
    }
    *text = message;
    return buf_steal(&path);
}

static bool is_guess(const struct attempt *a, const char *path)
{
    for (size_t i = 0; a->guessed && i < COUNTOF(formed); i++)
        if (str_starts(path, formed[i]))
            return true;
    return false;
}

/* message: "url: ...", "auth.bearer: ..." */
static void tell(const struct attempt *a, const char *message)
{
    const char *text;
    auto_free char *path = path_of(message, &text);

    if (!is_guess(a, path ? path : ""))
        a->report(a->to, path ? path : "", text);
}

static void sample(void *arg, const struct template *t)
{
    struct attempt *a = arg;

    a->agree = template_sample(t, a->values) && a->agree;
}

static void fill_values(struct attempt *a)
{
    auto_json json_t *used = json_object();
    json_t *parameters = json_object(), *unused;
    const char *name;

    destination_parameters(&a->d, used);
    json_object_foreach(used, name, unused) {
        const char *value = jget_str(a->parameters, name);
        a->guessed = a->guessed || !value;
        if (value)
            json_object_set_new(parameters, name, exact_string(value, strlen(value)));
    }
    a->values = json_pack("{s:{}, s:o}", "message", "param", parameters);
    a->agree = true;
    destination_each_template(&a->d, sample, a);
    /* a placeholder may be the whole form, for which a text is no sample */
    a->agree = a->agree && a->d.body_type != BODY_FORM;
}

static void try_request(const struct attempt *a)
{
    __attribute__((cleanup(destination_request_done))) struct destination_request q = { 0 };
    const json_t *message = json_object_get(a->values, "message");
    struct creds creds = { .key_id = (char *)"x", .secret = (char *)"x" };
    auto_free char *name = xasprintf("destination '%s': ", a->d.name);
    auto_buf text = BUF(BUF_LARGE);
    struct err e;

    exact_text(message, &text);
    const struct outgoing m = { .id = "x",
                                .group = "x",
                                .sequence = "1",
                                .attempt = 1,
                                .text = buf_str(&text),
                                .text_len = text.len,
                                .message = message,
                                .parameters = json_object_get(a->values, "param"),
                                .token = "x",
                                .creds = &creds,
                                .region = "us-east-1" };
    if (destination_request(&a->d, &m, &q, &e) == 0 || (!a->agree && e.code != ERR_CREDENTIALS))
        return;
    tell(a, str_starts(e.msg, name) ? e.msg + strlen(name) : e.msg);
}

static void try_token(const struct attempt *a)
{
    __attribute__((cleanup(oauth2_request_done))) struct oauth2_request q = { 0 };
    struct err e;

    if (!auth_wants_token(&a->d.auth) || oauth2_request(&a->d, a->values, &q, &e) == 0 ||
        str_starts(e.msg, "mtls: ")) /* which the request itself says */
        return;
    (void)err_wrap(&e, "auth.oauth2");
    tell(a, e.msg);
}

static void try_all(struct attempt *a)
{
    fill_values(a);
    try_request(a);
    try_token(a);
    if (a->d.body && !destination_has_body(&a->d)) {
        auto_free char *text =
            xasprintf("body: a %s request sends no body; remove it, or use POST, "
                      "PUT or PATCH",
                      a->d.method);
        tell(a, text);
    }
    json_decref(a->values);
}

void try_destination(const json_t *destination, const json_t *parameters, try_report_fn *report,
                     void *to)
{
    struct attempt a = { .parameters = parameters, .report = report, .to = to };
    auto_free const char **names = xcalloc(json_object_size(parameters) + 1, sizeof(*names));
    const char *name;
    json_t *unused;
    struct err e;
    size_t n = 0;

    json_object_foreach((json_t *)parameters, name, unused)
        names[n++] = name;
    if (destination_parse(destination, names, &a.d, &e))
        tell(&a, e.msg);
    else
        try_all(&a);
    destination_done(&a.d);
}
