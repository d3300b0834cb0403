/* specs.c: what each row passes to its kind: sizes, times, grants, filters. */
#include "pipeline/specs.h"
#include "config/filter.h"
#include "kinds/kinds.h"
#include "kinds/kms.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S 86400u
#define LONGEST_KEEP_S                                                                                           \
    (14 *                                                                                                        \
     DAY_S) /* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html \
             */
#define USUAL_HIDE_S 30u

/* Keeps a value as long as the pipeline. */
static json_t *keep(const struct making *m, json_t *v)
{
    json_array_append_new(m->pipeline->kept, v);
    return v;
}

static const char *keep_text(const struct making *m, char *text)
{
    const json_t *v = keep(m, json_string(text));

    free(text);
    return json_string_value(v);
}

static const char *p_name(const struct making *m, const char *suffix)
{
    return keep_text(m, xasprintf("%s%s", m->config->pipeline, suffix));
}

#define NEW_SPEC(type, ...)                                                                        \
    __extension__({                                                                                \
        struct type *spec_ = xmalloc(sizeof(*spec_));                                              \
        *spec_ = (struct type){ __VA_ARGS__ };                                                     \
        (void *)spec_;                                                                             \
    })

char *queue_name(const struct config *c)
{
    return c->queue.existing ? xstrdup(c->queue.existing) : xasprintf("%s.fifo", c->pipeline);
}

char *role_name(const struct config *c, const struct role_names *roles, enum role_half half)
{
    static const char *const suffixes[ROLE_HALVES] = { "-ingest", "-drain" };

    return roles ? xstrdup(roles->name[half]) : xasprintf("%s%s", c->pipeline, suffixes[half]);
}

static void see_root(void *arg, const char *root, const char *path)
{
    bool *old = arg;

    (void)path;
    *old = *old || strcmp(root, "old") == 0;
}

static bool template_wants_old(const json_t *document)
{
    struct template *t = NULL;
    struct err unused;
    bool old = false;

    if (document && template_compile(document, &t, &unused) == 0)
        template_each_path(t, see_root, &old);
    template_free(t);
    return old;
}

static bool wants_old_images(const struct config *c)
{
    const struct config_ingest *in = &c->ingest;

    return c->has_ingest &&
           ((in->events & EVENT_REMOVE) || template_wants_old(in->group) ||
            template_wants_old(in->message) || filter_needs_image(in->filter, "OldImage"));
}

void *spec_table(const struct making *m)
{
    return NEW_SPEC(dynamodb_table, .keys = &m->config->table.keys,
                    .old_images = wants_old_images(m->config),
                    .reader = m->config->has_ingest ? p_name(m, "-ingest") : NULL);
}

void *spec_dead_letters(const struct making *m)
{
    return NEW_SPEC(sqs_queue, .fifo = true, .visibility_s = USUAL_HIDE_S,
                    .retention_s = LONGEST_KEEP_S, .kms = m->config->kms, .ours_to_drain = true,
                    .functions = { p_name(m, "-ingest"), p_name(m, "-drain") });
}

void *spec_queue_before(const struct making *m)
{
    return NEW_SPEC(sqs_queue, .fifo = true, .left_behind = m->config->has_drain);
}

static void *existing_queue(const struct making *m)
{
    unsigned timeout_s = m->config->has_drain ? m->config->drain.timeout_s : 0;

    return NEW_SPEC(sqs_queue_existing, .drain_timeout_s = timeout_s,
                    .least_visibility_s = timeout_s ? timeout_s + LEASE_MARGIN_S : 0);
}

void *spec_queue(const struct making *m)
{
    if (m->config->queue.existing)
        return existing_queue(m);
    return NEW_SPEC(sqs_queue, .fifo = true, .visibility_s = m->config->queue.visibility_s,
                    .retention_s = m->config->queue.retention_s, .kms = m->config->kms,
                    .ours_to_drain = m->config->has_drain,
                    .functions = { p_name(m, "-ingest"), p_name(m, "-drain") });
}

/* Also called for an absent turn queue, which is only deleted. */
void *spec_turn(const struct making *m)
{
    auto_free char *wanted = config_turn_queue(m->config);

    return NEW_SPEC(
        sqs_queue, .fifo = true, .visibility_s = m->config->drain.timeout_s + LEASE_MARGIN_S,
        .retention_s = LONGEST_KEEP_S, .kms = m->config->kms, .ours_to_drain = wanted != NULL,
        .is_turn = true, .functions = { p_name(m, "-ingest"), p_name(m, "-drain") });
}

void *spec_failures(const struct making *m)
{
    return NEW_SPEC(sqs_queue, .fifo = false, .visibility_s = USUAL_HIDE_S,
                    .retention_s = LONGEST_KEEP_S, .kms = m->config->kms, .ours_to_drain = true,
                    .functions = { p_name(m, "-ingest"), p_name(m, "-drain") });
}

void *spec_parameter(const struct making *m)
{
    return NEW_SPEC(ssm_parameter, .kms = m->config->kms, .config = &m->config->parameters[m->i],
                    .folder = keep_text(m, config_folder(m->config)));
}

void *spec_logs(const struct making *m)
{
    return NEW_SPEC(log_group, .retention_days = m->config->functions.log_retention_days);
}

static json_t *grant(char *resource)
{
    json_t *list = json_array();

    json_array_append_new(list, json_string(resource));
    free(resource);
    return list;
}

static json_t *queue_grant(const struct config *c)
{
    auto_free char *name = queue_name(c);

    return grant(xasprintf("sqs:%s", name));
}

static json_t *turn_grant(const struct config *c)
{
    auto_free char *name = config_turn_queue(c);

    return name ? grant(xasprintf("sqs:%s", name)) : json_array();
}

static json_t *dead_letter_grant(const struct config *c, enum on_reject on_reject)
{
    return on_reject == REJECT_DEAD_LETTER ? grant(xasprintf("sqs:%s-dead.fifo", c->pipeline))
                                           : json_array();
}

/* Why the name of the half's role is unknown; NULL: it is known. */
static const struct err *undecided(const struct making *m, enum role_half half)
{
    const struct err *why = m->roles ? &m->roles->undecided[half] : NULL;

    return why && why->code != ERR_OK ? why : NULL;
}

static struct role_keys role_keys(const struct making *m, enum role_half half)
{
    const struct config *c = m->config;
    json_t *existing = keep(m, json_array());
    bool ingest = half == ROLE_INGEST;
    auto_free char *turn = config_turn_queue(c);
    struct role_keys k = { .own = c->kms,
                           .queue = c->queue.existing,
                           .table = ingest ? c->table.name : NULL,
                           .parameters = existing,
                           .sends = ingest,
                           .sends_own =
                               ingest || turn || c->drain.on_reject == REJECT_DEAD_LETTER };

    for (size_t i = 0; !ingest && i < c->n_parameters; i++) {
        if (c->parameters[i].from == FROM_EXISTING)
            json_array_append_new(existing, json_string(c->parameters[i].path));
        else
            k.own_parameters = true;
    }
    return k;
}

static void *role(const struct making *m, enum role_half half, const char *what, const char *policy,
                  json_t *grants)
{
    const struct config *c = m->config;

    return NEW_SPEC(iam_role,
                    .description = keep_text(m, xasprintf("fifoq %s: %s", c->pipeline, what)),
                    .path = c->functions.role_path ? c->functions.role_path : "/",
                    .boundary = c->functions.permissions_boundary, .undecided = undecided(m, half),
                    .keys = role_keys(m, half), .policy = policy, .grants = keep(m, grants));
}

void *spec_ingest_role(const struct making *m)
{
    const struct config *c = m->config;
    json_t *grants =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "stream",
                  c->table.name ? grant(xasprintf("dynamodb:table/%s/stream/*", c->table.name))
                                : json_array(),
                  "queue", queue_grant(c), "failures",
                  grant(xasprintf("sqs:%s-ingest-failures", c->pipeline)), "dead_letters",
                  dead_letter_grant(c, c->ingest.on_reject), "logs",
                  grant(xasprintf("logs:log-group:/aws/lambda/%s-ingest:*", c->pipeline)));

    return role(m, ROLE_INGEST, "ingest", "ingest-policy.json", grants);
}

static json_t *parameter_grants(const struct config *c)
{
    json_t *list = json_array();

    for (size_t i = 0; i < c->n_parameters; i++) {
        const char *path = c->parameters[i].path;
        auto_free char *resource = xasprintf("ssm:parameter%s%s", path[0] == '/' ? "" : "/", path);

        json_array_append_new(list, json_string(resource));
    }
    return list;
}

/* The resources of one service that destinations with sigv4 call. Covers every stage of an API,
 * because some URLs name none, and every alias of a function, because a URL may belong to one. */
static json_t *invoke_grants(const struct config *c, const char *service)
{
    json_t *list = json_array();

    for (size_t i = 0; i < c->drain.n_destinations; i++) {
        const json_t *d = c->drain.destinations[i].settings;
        const json_t *sigv4 = jget_path(d, "auth.sigv4");
        const char *region = jget_str(sigv4, "region"), *method = jget_str(d, "method");
        auto_free char *resource = config_sigv4_resource(d);
        auto_free char *prefix =
            xasprintf("%s%s%s", service, region ? "@" : "", region ? region : "");

        if (!sigv4 || !resource || strcmp(jget_str(sigv4, "service"), service) != 0)
            continue;
        if (strcmp(service, "lambda") == 0) {
            json_array_append_new(list, json_sprintf("%s:function:%s", prefix, resource));
            json_array_append_new(list, json_sprintf("%s:function:%s:*", prefix, resource));
        } else {
            json_array_append_new(list, json_sprintf("%s:%s/*/%s/*", prefix, resource, method));
        }
    }
    return list;
}

void *spec_drain_role(const struct making *m)
{
    const struct config *c = m->config;
    auto_free char *pause = config_pause_parameter(c);
    json_t *grants = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "queue", queue_grant(c), "turn", turn_grant(c),
        "dead_letters", dead_letter_grant(c, c->drain.on_reject), "parameters", parameter_grants(c),
        "pause", grant(xasprintf("ssm:parameter%s", pause)), "apis",
        invoke_grants(c, "execute-api"), "functions", invoke_grants(c, "lambda"), "logs",
        grant(xasprintf("logs:log-group:/aws/lambda/%s-drain:*", c->pipeline)));

    return role(m, ROLE_DRAIN, "drain", "drain-policy.json", grants);
}

static void *function(const struct making *m, enum role_half half, const char *what,
                      unsigned timeout_s)
{
    const struct config_functions *f = &m->config->functions;
    const char *description = keep_text(m, xasprintf("fifoq %s: %s", m->config->pipeline, what));
    auto_free char *name = role_name(m->config, m->roles, half);
    char *role =
        undecided(m, half) ? NULL : xasprintf("%s%s", f->role_path ? f->role_path : "/", name);

    return NEW_SPEC(lambda_function, .handler = half == ROLE_INGEST ? "ingest" : "drain",
                    .description = description, .role = role ? keep_text(m, role) : NULL,
                    .timeout_s = timeout_s, .reads_stream = half == ROLE_INGEST,
                    .start = half == ROLE_INGEST ? &m->config->ingest.start : NULL, .config = f);
}

void *spec_ingest(const struct making *m)
{
    return function(m, ROLE_INGEST, "the table's stream to the queue", INGEST_TIMEOUT_S);
}

void *spec_drain(const struct making *m)
{
    return function(m, ROLE_DRAIN, "the queue to the destinations", m->config->drain.timeout_s);
}

/* Filters are alternatives (OR), so the events are added to each. */
static json_t *filters(const struct config_ingest *in)
{
    auto_json json_t *events = event_names(in->events);
    json_t *out = json_array(), *pattern;
    size_t i;

    json_array_foreach(in->filter, i, pattern)
        json_array_append_new(out, filter_for_events(pattern, events));
    if (json_array_size(out) == 0)
        json_array_append_new(out, json_pack("{s:O}", "eventName", events));
    return out;
}

void *spec_mapping(const struct making *m)
{
    const struct config *c = m->config;

    return NEW_SPEC(event_source, .table = c->table.name, .failures = p_name(m, "-ingest-failures"),
                    .batch_size = c->ingest.batch_size, .old_images = wants_old_images(c),
                    .filters = keep(m, filters(&c->ingest)), .start = &c->ingest.start);
}

void *spec_schedule(const struct making *m)
{
    return NEW_SPEC(event_rule, .schedule = &m->config->drain.schedules[m->i],
                    .function = p_name(m, "-drain"));
}

void *spec_permission(const struct making *m)
{
    return NEW_SPEC(lambda_permission, .function = p_name(m, "-drain"), .rules = p_name(m, "-*"));
}

void *spec_ingest_permission(const struct making *m)
{
    return NEW_SPEC(lambda_permission, .function = p_name(m, "-ingest"));
}
