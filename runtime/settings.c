/* settings.c: reading settings.json. What is wrong in it is a fault of the build, so the first
 * problem is enough. */
#include "settings.h"

#include "clock.h"
#include "env.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_VERSION 1

static int need_text(const json_t *o, const char *key, char **out, struct err *e)
{
    const char *s;

    if (jneed_str(o, key, &s, e))
        return -1;
    *out = xstrdup(s);
    return 0;
}

/* An absent or null template is none. */
static int read_template(const json_t *o, const char *key, struct template **out, struct err *e)
{
    const json_t *document = json_object_get(o, key);

    if (!document || json_is_null(document))
        return 0;
    return template_compile(document, out, e) ? err_wrap(e, "%s", key) : 0;
}

static int read_on_reject(const json_t *o, enum on_reject *out, struct err *e)
{
    int n = word_number(reject_words, jget_str(o, "on_reject"));

    if (n < 0)
        return err_set(e, ERR_CONFIG, "on_reject: block, dead-letter or drop was expected");
    *out = (enum on_reject)n;
    return 0;
}

/* A number of at least `least`. */
static int read_long(const json_t *o, const char *key, long least, long *out, struct err *e)
{
    json_int_t v = jget_int(o, key, -1);

    if (v < least || v > INT32_MAX)
        return err_set(e, ERR_CONFIG, "%s: a whole number of at least %ld was expected", key,
                       least);
    *out = (long)v;
    return 0;
}

static int read_events(const json_t *o, unsigned *out, struct err *e)
{
    const json_t *element;
    size_t i;

    json_array_foreach(json_object_get(o, "events"), i, element) {
        unsigned event = event_bit(json_string_value(element));
        if (!event)
            return err_set(e, ERR_CONFIG, "events[%zu]: INSERT, MODIFY or REMOVE was expected", i);
        *out |= event;
    }
    return *out ? 0 : err_set(e, ERR_CONFIG, "events: there are none");
}

static int read_ingest(const json_t *o, struct settings_ingest *in, struct err *e)
{
    if (read_events(o, &in->events, e) || read_template(o, "group", &in->group, e) ||
        read_template(o, "message", &in->message, e) || read_on_reject(o, &in->on_reject, e))
        return -1;
    if (in->group && template_check(in->group, ingest_roots, e))
        return err_wrap(e, "group");
    if (in->message && template_check(in->message, ingest_roots, e))
        return err_wrap(e, "message");
    return 0;
}

static int read_destinations(const json_t *o, struct settings_drain *d, const char *const *names,
                             struct err *e)
{
    const json_t *list = jget_array(o, "destinations");

    if (json_array_size(list) == 0)
        return err_set(e, ERR_CONFIG, "destinations: there are none");
    d->destinations = xcalloc(json_array_size(list), sizeof(*d->destinations));
    for (size_t i = 0; i < json_array_size(list); i++) {
        d->n_destinations = i + 1;
        if (destination_parse(json_array_get(list, i), names, &d->destinations[i], e))
            return err_wrap(e, "destinations[%zu]", i);
    }
    return 0;
}

static int read_drain(const json_t *o, struct settings_drain *d, const char *const *names,
                      struct err *e)
{
    const json_t *rate = json_object_get(o, "rate_per_s");

    d->turn = jget_str(o, "turn") ? xstrdup(jget_str(o, "turn")) : NULL;
    d->pause = jget_str(o, "pause") ? xstrdup(jget_str(o, "pause")) : NULL;
    d->rate_per_s = json_number_value(rate);
    if (rate && (!json_is_number(rate) || d->rate_per_s < 0))
        return err_set(e, ERR_CONFIG, "rate_per_s: a number of at least 0 was expected");
    if (read_long(o, "max_messages", 1, &d->max_messages, e) ||
        read_long(o, "parallel_groups", 1, &d->parallel_groups, e) ||
        read_long(o, "timeout_ms", 1000, &d->timeout_ms, e) ||
        read_long(o, "visibility_ms", 1000, &d->visibility_ms, e) ||
        read_on_reject(o, &d->on_reject, e))
        return -1;
    return read_destinations(o, d, names, e);
}

static int read_parameters(const json_t *o, struct settings *s, struct err *e)
{
    const json_t *all = json_object_get(o, "parameters");
    const char *name;
    json_t *path;

    s->parameters = json_object();
    json_object_foreach((json_t *)all, name, path) {
        if (!json_is_string(path))
            return err_set(e, ERR_CONFIG, "parameters.%s: a path was expected", name);
        json_object_set(s->parameters, name, path);
    }
    return 0;
}

static int read_top(const json_t *o, struct settings *s, struct err *e)
{
    const char *level = jget_str(o, "log_level"), *dead = jget_str(o, "dead_letters");

    if (jget_int(o, "version", 0) != SETTINGS_VERSION)
        return err_set(e, ERR_CONFIG, "version: %d was expected", SETTINGS_VERSION);
    s->log_level = LOG_INFO;
    if (level && !log_level_parse(level, &s->log_level))
        return err_set(e, ERR_CONFIG, "log_level: '%.20s' is no level", level);
    s->dead_letters = dead ? xstrdup(dead) : NULL;
    if (need_text(o, "pipeline", &s->pipeline, e) || need_text(o, "table", &s->table, e) ||
        need_text(o, "queue", &s->queue, e))
        return -1;
    return read_parameters(o, s, e);
}

/* The names of the parameters, ended by NULL; free the array only. */
static const char **parameter_names(const struct settings *s)
{
    const char **names = xcalloc(json_object_size(s->parameters) + 1, sizeof(*names));
    const char *name;
    json_t *path;
    size_t n = 0;

    json_object_foreach(s->parameters, name, path)
        names[n++] = name;
    return names;
}

static int check_dead_letters(const struct settings *s, struct err *e)
{
    bool used = (s->has_ingest && s->ingest.on_reject == REJECT_DEAD_LETTER) ||
                (s->has_drain && s->drain.on_reject == REJECT_DEAD_LETTER);

    return used && !s->dead_letters
               ? err_set(e, ERR_CONFIG, "on_reject is dead-letter but there is no dead_letters")
               : 0;
}

static int settings_decode(const json_t *o, struct settings *s, struct err *e)
{
    const json_t *ingest = jget_obj(o, "ingest"), *drain = jget_obj(o, "drain");
    auto_free const char **names = NULL;

    if (read_top(o, s, e))
        return -1;
    s->has_ingest = ingest != NULL;
    s->has_drain = drain != NULL;
    names = parameter_names(s);
    if (ingest && read_ingest(ingest, &s->ingest, e))
        return err_wrap(e, "ingest");
    if (drain && read_drain(drain, &s->drain, names, e))
        return err_wrap(e, "drain");
    return check_dead_letters(s, e);
}

int settings_parse(const char *text, size_t n, struct settings *out, struct err *e)
{
    auto_json json_t *o = NULL;

    *out = (struct settings){ 0 };
    if (json_parse(text, n, &o, e))
        return err_set(e, ERR_CONFIG, "settings.json: not JSON; build the package again");
    if (!json_is_object(o))
        return err_set(e, ERR_CONFIG, "settings.json: an object was expected");
    if (settings_decode(o, out, e) == 0)
        return 0;
    e->code = ERR_CONFIG;
    return err_wrap(e, "settings.json");
}

static void close_file(FILE **f)
{
    if (*f)
        (void)fclose(*f);
}

int settings_load(const char *file, struct settings *out, struct err *e)
{
    __attribute__((cleanup(close_file))) FILE *f = fopen(file, "rbe");
    auto_buf text = BUF((size_t)4 << 20);
    char block[4096];
    size_t n;

    *out = (struct settings){ 0 };
    if (!f)
        return err_set(e, ERR_IO,
                       "cannot open '%s': the package must hold settings.json beside bootstrap",
                       file);
    while ((n = fread(block, 1, sizeof(block), f)) > 0)
        buf_add(&text, block, n);
    if (ferror(f) || buf_failed(&text))
        return err_set(e, ERR_IO, "cannot read '%s'", file);
    return settings_parse(buf_str(&text), text.len, out, e);
}

int settings_environment(struct settings *s, struct err *e)
{
    const char *start = env_get("FIFOQ_START");
    int64_t ms = start ? clock_parse_date(start) : 0;

    if (ms < 0)
        return err_set(e, ERR_CONFIG,
                       "FIFOQ_START is '%.40s'; expected a time such as 2026-01-31T08:00:00Z: run "
                       "'fifoq up'",
                       start);
    s->ingest.start_s = ms / 1000;
    return 0;
}

void settings_done(struct settings *s)
{
    free(s->pipeline);
    free(s->table);
    free(s->queue);
    free(s->dead_letters);
    json_decref(s->parameters);
    template_free(s->ingest.group);
    template_free(s->ingest.message);
    for (size_t i = 0; i < s->drain.n_destinations; i++)
        destination_done(&s->drain.destinations[i]);
    free(s->drain.destinations);
    free(s->drain.pause);
    free(s->drain.turn);
    *s = (struct settings){ 0 };
}
