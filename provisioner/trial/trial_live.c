/* trial_live.c: reads secrets from their sources and sends each destination the requests of drain.
 */
#include "trial/trial_live.h"

#include "aws_call.h"
#include "kinds/secret.h"
#include "mem.h"
#include "parallel.h"
#include "runtime/try.h"
#include "text.h"
#include "trial/trial.h"
#include "trial/trial_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_BY_SIDE = 10, NAMES_A_CALL = 10 };

struct asked {
    const struct config *config;
    const json_t *values;    /* NAME -> value, or null */
    const struct err *store; /* why the Parameter Store gave none; code ERR_OK: not asked */
    struct try_wire wire;
    struct live *found; /* one for each destination */
    struct err *errors;
    int *results;
};

/* One destination's findings. */
struct telling {
    struct live *out;
    const char *destination;
};

static void add(struct live *l, const char *destination, const char *what, enum live_verdict v,
                char *text)
{
    struct live_finding *f;

    l->list = xrealloc(l->list, (l->n + 1) * sizeof(*l->list));
    f = &l->list[l->n++];
    *f = (struct live_finding){ .destination = destination, .verdict = v, .text = text };
    (void)snprintf(f->what, sizeof(f->what), "%s", what);
}

static void note(void *arg, const char *what, bool works, const char *text)
{
    const struct telling *t = arg;

    add(t->out, t->destination, what, works ? LIVE_WORKS : LIVE_FAILED, xstrdup(text));
}

/* The destination with its `check` instead of what it does to messages: no body, no header that
 * depends on a message. */
static json_t *harmless(const struct config_destination *d)
{
    static const char *const same[] = { "url", "method", "success" };
    json_t *out = json_copy(d->settings), *headers = json_object(), *value;
    const char *name;

    for (size_t i = 0; i < COUNTOF(same); i++)
        json_object_set(out, same[i], json_object_get(d->check, same[i]));
    json_object_set_new(out, "body", json_null());
    json_object_del(out, "body_type");
    json_object_set_new(out, "idempotency_header", json_null());
    json_object_foreach(json_object_get(d->settings, "headers"), name, value)
        if (trial_same_for_all(json_string_value(value)))
            json_object_set(headers, name, value);
    json_object_set_new(out, "headers", headers);
    return out;
}

static void note_missing(void *arg, const char *path, const char *text, const json_t *names)
{
    json_t *missing = ((json_t **)arg)[0];
    const json_t *values = ((json_t **)arg)[1];
    const char *name;
    json_t *unused;

    (void)path;
    (void)text;
    json_object_foreach((json_t *)names, name, unused)
        if (!jget_str(values, name))
            json_object_set_new(missing, name, json_true());
}

/* Reports the destination's parameters without a value; a request without them is pointless. */
static bool say_missing(const struct asked *a, const struct config_destination *d,
                        const json_t *settings, struct live *out)
{
    auto_json json_t *missing = json_object();
    json_t *arg[] = { missing, (json_t *)a->values };
    auto_buf text = BUF(BUF_SMALL);
    const char *name;
    json_t *unused;

    trial_fields(settings, note_missing, arg);
    if (!json_object_size(missing))
        return false;
    buf_puts(&text, "skipped: no value found for");
    json_object_foreach(missing, name, unused)
        buf_printf(&text, "%s ${param.%s}",
                   name == json_object_iter_key(json_object_iter(missing)) ? "" : ",", name);
    buf_printf(&text, "; %s",
               a->store->code == ERR_OK ? "set its variable or file, or provide AWS credentials"
                                        : a->store->msg);
    add(out, d->name, "secret", LIVE_FAILED, buf_steal(&text));
    return true;
}

static void ask_one(void *arg, size_t i)
{
    const struct asked *a = arg;
    const struct config_destination *d = &a->config->drain.destinations[i];
    auto_json json_t *settings = d->check ? harmless(d) : json_incref(d->settings);
    struct telling t = { &a->found[i], d->name };

    if (say_missing(a, d, settings, t.out))
        return;
    if (d->check && jget_path(d->settings, "auth.sigv4"))
        add(t.out, d->name, "request", LIVE_UNTRIED,
            xstrdup("skipped: only the role of drain can sign this request"));
    else
        a->results[i] =
            try_live(settings, a->values, d->check != NULL, &a->wire, note, &t, &a->errors[i]);
}

/* Into values, by NAME. */
static void take_stored(const struct config *c, const json_t *reply, json_t *values)
{
    const json_t *one;
    size_t k;

    json_array_foreach(json_object_get(reply, "Parameters"), k, one)
        for (size_t i = 0; i < c->n_parameters; i++) {
            auto_secret char *value = NULL;
            const char *name = jget_str(one, "Name"), *stored = jget_str(one, "Value");
            if (!name || !stored || strcmp(name, c->parameters[i].path) != 0)
                continue;
            value = xstrdup(stored);
            str_chomp(value);
            json_object_set_new(values, c->parameters[i].name, json_string(value));
        }
}

/* Reads what no other source has; a failure is left in *why. */
static void read_store(const struct config *c, struct aws *aws, json_t *values, struct err *why)
{
    for (size_t i = 0; i < c->n_parameters;) {
        auto_json json_t *names = json_array(), *params = NULL, *reply = NULL;

        for (; i < c->n_parameters && json_array_size(names) < NAMES_A_CALL; i++)
            if (!jget_str(values, c->parameters[i].name))
                json_array_append_new(names, json_string(c->parameters[i].path));
        if (!json_array_size(names))
            return;
        params = json_pack("{s:O, s:b}", "Names", names, "WithDecryption", 1);
        if (aws_call(aws, &aws_ssm, "GetParameters", params, &reply, why) < 0)
            return;
        take_stored(c, reply, values);
        (void)err_set(why, ERR_NOT_FOUND, "not found in the Parameter Store");
    }
}

static int ask_all(struct asked *a, struct live *out, struct err *e)
{
    size_t n = a->config->drain.n_destinations;
    int rc = 0;

    parallel_each(n, SIDE_BY_SIDE, ask_one, a);
    for (size_t i = 0; i < n; i++) {
        if (a->results[i] < 0 && rc == 0) {
            *e = a->errors[i];
            rc = -1;
        }
        for (size_t k = 0; k < a->found[i].n; k++) {
            const struct live_finding *f = &a->found[i].list[k];
            add(out, f->destination, f->what, f->verdict, f->text);
        }
        free(a->found[i].list);
    }
    return rc;
}

int trial_live(const struct config *c, struct aws *aws, bool (*stop)(void), struct live *out,
               struct err *e)
{
    size_t n = c->drain.n_destinations;
    auto_json json_t *values = json_object();
    auto_free struct live *found = xcalloc(n, sizeof(*found));
    auto_free struct err *errors = xcalloc(n, sizeof(*errors));
    auto_free int *results = xcalloc(n, sizeof(*results));
    struct err store = { 0 };
    struct asked a = { .config = c,
                       .values = values,
                       .store = &store,
                       .wire = { .stop = stop },
                       .found = found,
                       .errors = errors,
                       .results = results };
    int rc;

    *out = (struct live){ 0 };
    if (trial_read(c, values, e) < 0)
        return -1;
    if (aws)
        read_store(c, aws, values, &store);
    if (try_open(&a.wire.http, e) < 0)
        return -1;
    rc = ask_all(&a, out, e);
    http_free(a.wire.http);
    return rc;
}

void live_done(struct live *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->list[i].text);
    free(l->list);
    *l = (struct live){ 0 };
}

bool live_failed(const struct live *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->list[i].verdict == LIVE_FAILED)
            return true;
    return false;
}

const char *live_word(enum live_verdict v)
{
    static const char *const words[] = {
        [LIVE_WORKS] = "ok", [LIVE_FAILED] = "failed", [LIVE_UNTRIED] = "unknown"
    };

    return words[v];
}
