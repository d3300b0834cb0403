/* settings.c: makes settings.json, the runtime's settings (docs/internals/settings.md), from the
 * configuration alone. */
#include "config/build.h"
#include "json.h"
#include "mem.h"
#include "settings_rows.h"

#include <string.h>

char *config_pause_parameter(const struct config *c)
{
    return xasprintf("/%s/fifoq/pause", c->pipeline);
}

char *config_turn_queue(const struct config *c)
{
    bool paced = c->has_drain && c->drain.rate_per_s > 0;

    return paced ? xasprintf("%s-turn.fifo", c->pipeline) : NULL;
}

/* The same in the order of its names. */
static json_t *sorted(const json_t *o)
{
    auto_free char *text = json_canonical(o);

    return json_loads(text, JSON_DECODE_ANY, NULL);
}

static json_t *sorted_events(const json_t *list)
{
    unsigned events = 0;
    const json_t *event;
    size_t i;

    json_array_foreach(list, i, event)
        events |= event_bit(json_string_value(event));
    return event_names(events);
}

/* A decoded value in the form of settings.json. */
static json_t *row_value(const struct setting *row, json_t *v)
{
    switch (row->type) {
    case SETTING_MS: return json_integer(json_integer_value(v) * 1000);
    case SETTING_NUMBER: return json_real(json_number_value(v));
    case SETTING_EVENTS: return sorted_events(v);
    default: break;
    }
    if (!v)
        return json_null();
    return row->flags & SETTING_SORTED ? sorted(v) : json_incref(v);
}

static bool is_default(const struct setting *row, const json_t *v)
{
    if (row->type == SETTING_WORD)
        return word_number(row->words, json_string_value(v)) == row->fallback;
    if (row->type == SETTING_INTEGER || row->type == SETTING_MS)
        return json_integer_value(v) == row->fallback;
    return json_is_null(v);
}

/* tree: the rows' fields are below it: the whole or one element of a list; made: members that are
 * not fields. */
static json_t *rows_write(const struct setting *rows, const json_t *tree, const json_t *made)
{
    json_t *out = json_object();

    for (const struct setting *row = rows; row->name; row++) {
        const char *element = row->field ? strstr(row->field, "[].") : NULL;
        json_t *v = !row->field ? json_object_get(made, row->name)
                                : jget_path(tree, element ? element + 3 : row->field);
        auto_json json_t *value = row_value(row, v);
        if (!(row->flags & SETTING_SPARSE) || !is_default(row, value))
            (void)json_object_set(out, row->name, value);
    }
    return out;
}

json_t *settings_destination(const json_t *destination)
{
    return rows_write(destination_rows, destination, NULL);
}

static json_t *settings_drain(const json_t *tree, const struct config *c)
{
    auto_free char *pause = config_pause_parameter(c);
    auto_free char *turn = config_turn_queue(c);
    json_t *destinations = json_array();
    auto_json json_t *made = json_pack("{s:I, s:s, s:s*, s:o}", "visibility_ms",
                                       (json_int_t)c->queue.visibility_s * 1000, "pause", pause,
                                       "turn", turn, "destinations", destinations);

    for (size_t i = 0; i < c->drain.n_destinations; i++)
        (void)json_array_append(destinations, c->drain.destinations[i].settings);
    return rows_write(drain_rows, tree, made);
}

json_t *settings_build(const json_t *tree, const struct config *c)
{
    auto_free char *queue =
        c->queue.existing ? xstrdup(c->queue.existing) : xasprintf("%s.fifo", c->pipeline);
    auto_free char *dead = xasprintf("%s-dead.fifo", c->pipeline);
    json_t *parameters = json_object();
    auto_json json_t *made = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "pipeline", c->pipeline, "table",
        c->table.name ? c->table.name : "", "queue", queue, "dead_letters", dead, "parameters",
        parameters, "ingest", c->has_ingest ? rows_write(ingest_rows, tree, NULL) : json_null(),
        "drain", c->has_drain ? settings_drain(tree, c) : json_null());
    auto_json json_t *rows = NULL;
    json_t *out = json_pack("{s:i}", "version", SETTINGS_VERSION);

    for (size_t i = 0; i < c->n_parameters; i++)
        (void)json_object_set_new(parameters, c->parameters[i].name,
                                  json_string(c->parameters[i].path));
    rows = rows_write(settings_rows, tree, made);
    (void)json_object_update(out, rows);
    return out;
}
