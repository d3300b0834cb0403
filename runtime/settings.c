/* settings.c: reading settings.json. An error in it is a fault of the build, so the first one is
 * enough. */
#include "settings.h"

#include "clock.h"
#include "env.h"
#include "mem.h"
#include "read_rows.h"

#include <stdio.h>
#include <stdlib.h>

static int read_destinations(const json_t *o, struct settings_drain *d, const char *const *names,
                             struct err *e)
{
    const json_t *list = jget_array(o, "destinations");

    if (json_array_size(list) == 0)
        return err_set(e, ERR_CONFIG, "destinations: empty");
    d->destinations = xcalloc(json_array_size(list), sizeof(*d->destinations));
    for (size_t i = 0; i < json_array_size(list); i++) {
        d->n_destinations = i + 1;
        if (destination_parse(json_array_get(list, i), names, &d->destinations[i], e) < 0)
            return err_wrap(e, "destinations[%zu]", i);
    }
    return 0;
}

static int read_drain(const json_t *o, struct settings_drain *d, const char *const *names,
                      struct err *e)
{
    if (rows_read(drain_rows, o, NULL, d, e) < 0)
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
            return err_set(e, ERR_CONFIG, "parameters.%s: expected a path", name);
        json_object_set(s->parameters, name, path);
    }
    return 0;
}

static int read_top(const json_t *o, struct settings *s, struct err *e)
{
    if (jget_int(o, "version", 0) != SETTINGS_VERSION)
        return err_set(e, ERR_CONFIG, "version: expected %d", SETTINGS_VERSION);
    if (rows_read(settings_rows, o, NULL, s, e) < 0)
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
               ? err_set(e, ERR_CONFIG, "on_reject is dead-letter, but dead_letters is missing")
               : 0;
}

static int settings_decode(const json_t *o, struct settings *s, struct err *e)
{
    const json_t *ingest = jget_obj(o, "ingest"), *drain = jget_obj(o, "drain");
    auto_free const char **names = NULL;

    if (read_top(o, s, e) < 0)
        return -1;
    s->has_ingest = ingest != NULL;
    s->has_drain = drain != NULL;
    names = parameter_names(s);
    if (ingest && rows_read(ingest_rows, ingest, ingest_roots, &s->ingest, e) < 0)
        return err_wrap(e, "ingest");
    if (drain && read_drain(drain, &s->drain, names, e) < 0)
        return err_wrap(e, "drain");
    return check_dead_letters(s, e);
}

int settings_parse(const char *text, size_t n, struct settings *out, struct err *e)
{
    auto_json json_t *o = NULL;

    *out = (struct settings){ 0 };
    if (json_parse(text, n, &o, e) < 0)
        return err_set(e, ERR_CONFIG, "settings.json: not JSON; build the package again");
    if (!json_is_object(o))
        return err_set(e, ERR_CONFIG, "settings.json: expected an object");
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
    json_decref(s->parameters);
    rows_done(settings_rows, s);
    rows_done(ingest_rows, &s->ingest);
    rows_done(drain_rows, &s->drain);
    for (size_t i = 0; i < s->drain.n_destinations; i++)
        destination_done(&s->drain.destinations[i]);
    free(s->drain.destinations);
    *s = (struct settings){ 0 };
}
