/* build.c: makes struct config from the decoded tree. */
#include "config/build.h"

#include "clock.h"
#include "config/schedule.h"
#include "json.h"
#include "mem.h"
#include "text.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define VISIBILITY_DEFAULT_S 30U

static unsigned build_number(const json_t *o, const char *key)
{
    return (unsigned)jget_int(o, key, 0);
}

static char *build_text(const json_t *o, const char *key)
{
    const char *s = jget_str(o, key);

    return s ? xstrdup(s) : NULL;
}

/* NULL for null. */
static json_t *build_json(const json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);

    return json_is_null(v) ? NULL : json_incref(v);
}

static enum on_reject build_reject(const json_t *o)
{
    return (enum on_reject)word_number(reject_words, jget_str(o, "on_reject"));
}

static void build_table(const json_t *o, struct config_table *out)
{
    const json_t *create = jget_obj(o, "create");
    const json_t *key = jget_obj(create, "key"), *sort_key = jget_obj(create, "sort_key");

    out->name = build_text(o, "name");
    out->create = create != NULL;
    out->keys.key = build_text(key, "name");
    out->keys.sort_key = build_text(sort_key, "name");
    if (key)
        out->keys.key_type = *jget_str(key, "type");
    if (sort_key)
        out->keys.sort_key_type = *jget_str(sort_key, "type");
}

static struct config_start build_start(const char *text)
{
    if (!text)
        return (struct config_start){ START_UNSET, 0 };
    if (strcmp(text, "oldest") == 0)
        return (struct config_start){ START_OLDEST, 0 };
    if (strcmp(text, "now") == 0)
        return (struct config_start){ START_NOW, 0 };
    return (struct config_start){ START_TIME, clock_parse_date(text) / 1000 };
}

static void build_ingest(const json_t *o, struct config_ingest *out)
{
    const json_t *events = json_object_get(o, "events"), *event;
    size_t i;

    json_array_foreach(events, i, event)
        out->events |= event_bit(json_string_value(event));
    out->filter = build_json(o, "filter");
    out->group = build_json(o, "group");
    out->message = build_json(o, "message");
    out->batch_size = build_number(o, "batch_size");
    out->on_reject = build_reject(o);
    out->order = (enum ingest_order)word_number(order_words, jget_str(o, "order"));
    out->start = build_start(jget_str(o, "start"));
}

static void build_schedules(const json_t *list, struct config_drain *out)
{
    const json_t *s;
    size_t i;

    out->n_schedules = json_array_size(list);
    out->schedules = xcalloc(out->n_schedules, sizeof(*out->schedules));
    json_array_foreach(list, i, s) {
        struct config_schedule *to = &out->schedules[i];
        struct err e;
        to->expression = build_text(s, "at");
        to->name = jget_str(s, "name") ? build_text(s, "name") : schedule_name(to->expression);
        to->max_messages = (unsigned)jget_int(s, "max_messages", out->max_messages);
        if (schedule_parse(to->expression, &to->when, &e) < 0)
            abort(); /* decode has parsed it before */
    }
}

/* https://ID.execute-api.REGION.amazonaws.com/... or, through a VPC endpoint, ID-vpce-... */
char *config_sigv4_resource(const json_t *destination)
{
    const char *given = jget_path_str(destination, "auth.sigv4.resource");
    const char *service = jget_path_str(destination, "auth.sigv4.service");
    const char *url = jget_str(destination, "url"), *host = url ? url_authority(url).s : NULL;
    const char *dot = host ? strchr(host, '.') : NULL;

    if (given)
        return xstrdup(given);
    if (!dot || !service || strcmp(service, "execute-api") != 0 ||
        !str_starts(dot, ".execute-api."))
        return NULL;
    return xstrndup(host, strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789"));
}

static void build_drain(const json_t *o, struct config_drain *out)
{
    const json_t *list = json_object_get(o, "destinations"), *d;
    size_t i;

    out->max_messages = build_number(o, "max_messages");
    out->rate_per_s = json_number_value(json_object_get(o, "rate"));
    out->timeout_s = build_number(o, "timeout");
    out->on_reject = build_reject(o);
    build_schedules(json_object_get(o, "schedules"), out);
    out->n_destinations = json_array_size(list);
    out->destinations = xcalloc(out->n_destinations, sizeof(*out->destinations));
    json_array_foreach(list, i, d) {
        out->destinations[i].name = build_text(d, "name");
        out->destinations[i].settings = settings_destination(d);
        out->destinations[i].check = build_json(d, "check");
    }
}

static void build_queue(const json_t *o, struct config *out)
{
    unsigned visible =
        out->has_drain ? out->drain.timeout_s + LEASE_MARGIN_S : VISIBILITY_DEFAULT_S;

    out->queue.existing = build_text(o, "existing");
    out->queue.retention_s = build_number(o, "retention");
    out->queue.visibility_s = (unsigned)jget_int(o, "visibility", visible);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct config_parameter *)a)->name,
                  ((const struct config_parameter *)b)->name);
}

/* Sorted by name: the place where an environment adds one must not matter. */
static void build_parameters(const json_t *all, struct config *out)
{
    static const char *const sources[] = { [FROM_ENV] = "env",
                                           [FROM_FILE] = "file",
                                           [FROM_PROMPT] = "prompt",
                                           [FROM_EXISTING] = "existing" };
    const char *name;
    json_t *member;

    out->parameters = xcalloc(json_object_size(all), sizeof(*out->parameters));
    json_object_foreach((json_t *)all, name, member) {
        struct config_parameter *p = &out->parameters[out->n_parameters++];
        const json_t *from = json_object_get(member, "from");
        p->name = xstrdup(name);
        p->source = build_text(from, "source");
        for (size_t i = 0; i < COUNTOF(sources); i++)
            if (strcmp(jget_str(from, "from"), sources[i]) == 0)
                p->from = (enum parameter_source)i;
        p->path = p->from == FROM_EXISTING ? xstrdup(p->source)
                                           : xasprintf("/%s/%s", out->pipeline, name);
    }
    qsort(out->parameters, out->n_parameters, sizeof(*out->parameters), compare_names);
}

void build_config(const json_t *tree, struct config *out)
{
    const json_t *functions = jget_obj(tree, "functions");

    out->name = build_text(tree, "name");
    out->region = build_text(tree, "region");
    out->account = build_text(tree, "account");
    out->profile = build_text(tree, "profile");
    out->tags = json_incref(json_object_get(tree, "tags"));
    out->ignore_tags = build_json(tree, "ignore_tags");
    out->kms = build_text(tree, "kms");
    out->has_ingest = jget_obj(tree, "ingest") != NULL;
    out->has_drain = jget_obj(tree, "drain") != NULL;
    if (jget_obj(tree, "table"))
        build_table(jget_obj(tree, "table"), &out->table);
    if (out->has_ingest)
        build_ingest(jget_obj(tree, "ingest"), &out->ingest);
    if (out->has_drain)
        build_drain(jget_obj(tree, "drain"), &out->drain);
    build_queue(jget_obj(tree, "queue"), out);
    build_parameters(jget_obj(tree, "parameters"), out);
    out->functions.arm64 = strcmp(jget_str(functions, "architecture"), "arm64") == 0;
    out->functions.memory_mb = build_number(functions, "memory");
    out->functions.log_retention_days = build_number(functions, "log_retention");
    out->functions.permissions_boundary = build_text(functions, "permissions_boundary");
    out->functions.role_path = build_text(functions, "role_path");
    out->settings = settings_build(tree, out);
}
