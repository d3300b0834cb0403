/* settings.c: what the runtime is told (docs/internals/settings.md). It depends on the
 * configuration alone.
 */
#include "config/config.h"
#include "json.h"
#include "mem.h"

char *config_pause_parameter(const struct config *c)
{
    return xasprintf("/%s/fifoq/pause", c->pipeline);
}

char *config_turn_queue(const struct config *c)
{
    bool paced = c->has_drain && c->drain.rate_per_s > 0;

    return paced ? xasprintf("%s-turn.fifo", c->pipeline) : NULL;
}

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

static json_t *settings_ingest(const struct config_ingest *i)
{
    return json_pack("{s:o, s:o, s:o, s:s}", "events", event_names(i->events), "group",
                     or_null(i->group), "message", or_null(i->message), "on_reject",
                     reject_words[i->on_reject]);
}

static json_t *settings_drain(const struct config *c)
{
    const struct config_drain *d = &c->drain;
    auto_free char *pause = config_pause_parameter(c);
    auto_free char *turn = config_turn_queue(c);
    json_t *destinations = json_array();

    for (size_t i = 0; i < d->n_destinations; i++)
        (void)json_array_append(destinations, d->destinations[i].settings);
    return json_pack("{s:I, s:f, s:I, s:I, s:I, s:s, s:s, s:s*, s:o}", "max_messages",
                     (json_int_t)d->max_messages, "rate_per_s", d->rate_per_s, "parallel_groups",
                     (json_int_t)d->parallel_groups, "timeout_ms", (json_int_t)d->timeout_s * 1000,
                     "visibility_ms", (json_int_t)c->queue.visibility_s * 1000, "on_reject",
                     reject_words[d->on_reject], "pause", pause, "turn", turn, "destinations",
                     destinations);
}

json_t *config_settings(const struct config *c)
{
    auto_free char *queue =
        c->queue.existing ? xstrdup(c->queue.existing) : xasprintf("%s.fifo", c->pipeline);
    auto_free char *dead = xasprintf("%s-dead.fifo", c->pipeline);
    json_t *parameters = json_object();

    for (size_t i = 0; i < c->n_parameters; i++)
        (void)json_object_set_new(parameters, c->parameters[i].name,
                                  json_string(c->parameters[i].path));
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "version", 1, "pipeline",
                     c->pipeline, "log_level", c->functions.log_level, "table",
                     c->table.name ? c->table.name : "", "queue", queue, "dead_letters", dead,
                     "parameters", parameters, "ingest",
                     c->has_ingest ? settings_ingest(&c->ingest) : json_null(), "drain",
                     c->has_drain ? settings_drain(c) : json_null());
}
