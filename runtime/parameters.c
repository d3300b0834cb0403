/* parameters.c: ten names a call, the calls side by side, values cleansed when they are replaced.
 */
#include "parameters.h"

#include "aws_pages.h"
#include "clock.h"
#include "mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_A_CALL = 10, FRESH_MS = 5 * 60 * 1000 };

int parameters_init(struct parameters *p, struct aws *aws, const struct settings *s, struct err *e)
{
    auto_json json_t *used = json_object();
    const char *name;
    json_t *unused;

    *p = (struct parameters){ .aws = aws, .paths = json_object() };
    (void)pthread_mutex_init(&p->fetching, NULL);
    (void)pthread_mutex_init(&p->lock, NULL);
    for (size_t i = 0; i < s->drain.n_destinations; i++)
        destination_parameters(&s->drain.destinations[i], used);
    json_object_foreach(used, name, unused) {
        json_t *path = json_object_get(s->parameters, name);
        if (!path)
            return err_set(e, ERR_CONFIG, "parameter '%s' is used but not configured", name);
        json_object_set(p->paths, name, path);
    }
    return 0;
}

void parameters_done(struct parameters *p)
{
    if (!p->paths)
        return;
    json_decref(p->paths);
    json_decref(p->values);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_mutex_destroy(&p->fetching);
    *p = (struct parameters){ 0 };
}

bool parameters_any(const struct parameters *p)
{
    return json_object_size(p->paths) > 0;
}

/* One call for each ten different paths; returns the number of calls. */
static size_t make_asks(const struct parameters *p, struct aws_ask *asks)
{
    auto_json json_t *paths = json_object();
    const char *key;
    json_t *path;
    size_t n = 0;

    json_object_foreach(p->paths, key, path)
        json_object_set_new(paths, json_string_value(path), json_true());
    json_object_foreach(paths, key, path) {
        json_t *names = n ? json_object_get(asks[n - 1].params, "Names") : NULL;
        if (!names || json_array_size(names) == NAMES_A_CALL) {
            names = json_array();
            asks[n] = (struct aws_ask){ .service = &aws_ssm, .action = "GetParameters" };
            asks[n++].params = json_pack("{s:o, s:b}", "Names", names, "WithDecryption", 1);
        }
        json_array_append_new(names, json_string(key));
    }
    return n;
}

/* A parameter may be returned under its name, its name with the requested version, or its ARN. One
 * line break at a value's end is from an editor or a shell. */
static void take_value(const json_t *one, json_t *by_path)
{
    const char *name = jget_str(one, "Name"), *selector = jget_str(one, "Selector");
    const char *arn = jget_str(one, "ARN"), *stored = jget_str(one, "Value");
    auto_secret char *value = NULL;

    if (!name || !stored)
        return;
    value = xstrdup(stored);
    str_chomp(value);
    json_object_set_new(by_path, name, exact_string(value, strlen(value)));
    if (arn)
        json_object_set(by_path, arn, json_object_get(by_path, name));
    if (selector) {
        auto_free char *versioned = xasprintf("%s%s", name, selector);
        json_object_set(by_path, versioned, json_object_get(by_path, name));
    }
}

static int take_replies(const struct aws_ask *asks, size_t n, json_t *by_path, struct err *e)
{
    const json_t *one;
    size_t k;

    for (size_t i = 0; i < n; i++) {
        if (asks[i].err.code != ERR_OK) {
            *e = asks[i].err;
            return -1;
        }
        json_array_foreach(json_object_get(asks[i].reply, "Parameters"), k, one)
            take_value(one, by_path);
    }
    return 0;
}

static int pick_values(const struct parameters *p, const json_t *by_path, json_t **out,
                       struct err *e)
{
    auto_json json_t *values = json_object();
    auto_buf missing = BUF(BUF_SMALL);
    const char *name;
    json_t *path;

    json_object_foreach(p->paths, name, path) {
        json_t *value = json_object_get(by_path, json_string_value(path));
        if (value)
            json_object_set(values, name, value);
        else
            buf_printf(&missing, "%s'%s'", missing.len ? ", " : "", json_string_value(path));
    }
    if (missing.len)
        return err_set(e, ERR_CONFIG,
                       "the Parameter Store has no %s; put it there, or run 'fifoq up'",
                       buf_str(&missing));
    *out = steal(values);
    return 0;
}

static void replace(struct parameters *p, json_t *values)
{
    json_t *old;

    (void)pthread_mutex_lock(&p->lock);
    old = p->values;
    p->values = values;
    p->generation++;
    (void)pthread_mutex_unlock(&p->lock);
    json_decref(old);
}

/* With `fetching` held. Threads that send in the meantime use the old values. */
static int fetch(struct parameters *p, struct err *e)
{
    size_t most = json_object_size(p->paths) / NAMES_A_CALL + 1, n;
    auto_free struct aws_ask *asks = xcalloc(most, sizeof(*asks));
    auto_json json_t *by_path = json_object();
    json_t *values = NULL;
    int rc;

    n = make_asks(p, asks);
    aws_call_all(p->aws, asks, n);
    rc = take_replies(asks, n, by_path, e);
    if (rc == 0)
        rc = pick_values(p, by_path, &values, e);
    aws_asks_done(asks, n);
    if (rc)
        return -1;
    replace(p, values);
    p->fetched_ms = clock_wall_ms();
    return 0;
}

int parameters_ensure(struct parameters *p, struct err *e)
{
    int64_t age_ms;
    int rc = 0;

    if (!parameters_any(p))
        return 0;
    (void)pthread_mutex_lock(&p->fetching);
    age_ms = clock_wall_ms() - p->fetched_ms;
    if (parameters_generation(p) == 0 || age_ms < 0 || age_ms > FRESH_MS)
        rc = fetch(p, e);
    if (rc && parameters_generation(p) > 0 && e->code != ERR_CONFIG) {
        log_event(LOG_WARN, "older parameters are used", "reason", e->msg, NULL);
        rc = 0;
    }
    (void)pthread_mutex_unlock(&p->fetching);
    return rc;
}

int parameters_refresh(struct parameters *p, unsigned seen, struct err *e)
{
    int rc;

    (void)pthread_mutex_lock(&p->fetching);
    rc = parameters_generation(p) == seen ? fetch(p, e) : 0;
    (void)pthread_mutex_unlock(&p->fetching);
    return rc;
}

json_t *parameters_copy(struct parameters *p, unsigned *generation)
{
    json_t *copy;

    (void)pthread_mutex_lock(&p->lock);
    copy = p->values ? json_deep_copy(p->values) : json_object();
    *generation = p->generation;
    (void)pthread_mutex_unlock(&p->lock);
    return copy;
}

unsigned parameters_generation(struct parameters *p)
{
    unsigned generation;

    (void)pthread_mutex_lock(&p->lock);
    generation = p->generation;
    (void)pthread_mutex_unlock(&p->lock);
    return generation;
}
