/* drift_json.c: `fifoq drift --format json`. */
#include "mem.h"
#include "ui/drift_print.h"
#include "ui/plan_print.h"

static void set(json_t *o, const char *key, json_t *value)
{
    (void)json_object_set_new(o, key, value); /* can only fail out of memory, which exits */
}

static void set_str(json_t *o, const char *key, const char *value)
{
    set(o, key, value ? json_string(value) : json_null());
}

static json_t *or_null(json_t *v)
{
    return v ? json_incref(v) : json_null();
}

static json_t *ignored_json(const struct ignore *entry)
{
    return entry ? json_pack("{s:s, s:s}", "reason", entry->reason, "until", entry->until)
                 : json_null();
}

static void set_place(json_t *o, const struct drift_report *r, const struct row *row,
                      const char *property)
{
    auto_free char *file = drift_file(r);

    set_str(o, "file", file);
    set(o, "line", json_integer(drift_line(r, row, property)));
}

static void set_row(json_t *o, const struct row *row)
{
    set_str(o, "row", row->id);
    set_str(o, "kind", row->kind->name);
    set_str(o, "name", row->name);
}

static json_t *finding_json(const struct drift_report *r, const struct finding *f)
{
    json_t *o = json_object();

    auto_free char *id = drift_id(r, f);

    set_str(o, "id", id);
    set_row(o, f->row);
    set_str(o, "property", f->property);
    set(o, "want", or_null(f->want));
    set(o, "have", or_null(f->have));
    set_str(o, "what", drift_words[f->what]);
    set_str(o, "note", f->note);
    set(o, "counts", json_boolean(f->counts));
    set(o, "ignored", ignored_json(f->ignored));
    set_place(o, r, f->row, f->property);
    return o;
}

static json_t *unreadable_json(const struct drift_report *r, const struct unreadable *u)
{
    json_t *o = json_object();

    set_row(o, u->row);
    set_str(o, "reason", u->why);
    set_place(o, r, u->row, NULL);
    return o;
}

static json_t *ignores_json(const struct drift_report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->ignores->n; i++) {
        const struct ignore *entry = &r->ignores->list[i];
        const char *state = drift_ignore_state(r, entry);
        json_t *o;

        if (!state)
            continue;
        o = json_object();
        set_str(o, "state", state);
        set_str(o, "id", entry->id);
        set_str(o, "row", entry->row);
        set_str(o, "property", entry->property);
        set_str(o, "until", entry->until);
        set_str(o, "file", r->ignores->file);
        set(o, "line", json_integer(entry->line));
        (void)json_array_append_new(list, o);
    }
    return list;
}

json_t *drift_json(const struct drift_report *r)
{
    const struct drift *d = r->drift;
    json_t *o = json_object();
    json_t *findings = json_array(), *unreadable = json_array();

    for (size_t i = 0; i < d->n; i++)
        (void)json_array_append_new(findings, finding_json(r, &d->findings[i]));
    for (size_t i = 0; i < d->n_unreadable; i++)
        (void)json_array_append_new(unreadable, unreadable_json(r, &d->unreadable[i]));
    set(o, "version", json_integer(1));
    set_str(o, "pipeline", r->config->pipeline);
    set_str(o, "account", r->aws->account);
    set_str(o, "region", r->aws->region);
    set_str(o, "result", drift_result(r));
    set(o, "checked", json_integer((json_int_t)d->n_checked));
    set(o, "unreadable", unreadable);
    set(o, "findings", findings);
    set(o, "ignores", ignores_json(r));
    return o;
}

void drift_print_json(const struct drift_report *r, FILE *to)
{
    auto_json json_t *o = drift_json(r);

    json_print(o, to);
}
