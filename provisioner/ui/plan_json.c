/* plan_json.c: a plan as JSON, with the member names of drift's findings. */
#include "ui/plan_print.h"

static const char *const action_names[] = {
    [KEEP] = "keep",
    [CREATE] = "create",
    [UPDATE] = "change",
    [DROP] = "delete",
};

static void set(json_t *o, const char *key, json_t *value)
{
    (void)json_object_set_new(o, key, value); /* can only fail out of memory, which exits */
}

static void set_str(json_t *o, const char *key, const char *value)
{
    set(o, key, value ? json_string(value) : json_null());
}

static json_t *shown(const struct prop *p, const json_t *value)
{
    return value ? prop_shown(p, value) : json_null();
}

static json_t *change_json(const struct change *c)
{
    json_t *o = json_object();

    set_str(o, "property", c->prop->name);
    set(o, "have", shown(c->prop, c->from));
    set(o, "want", shown(c->prop, c->to));
    return o;
}

static json_t *step_json(const struct step *s, const struct config *c)
{
    json_t *o = json_object(), *changes = json_array(), *kept = json_array();
    int line = s->row->config_path ? config_line(c, s->row->config_path) : 0;

    set_str(o, "row", s->row->id);
    set_str(o, "kind", s->row->kind->name);
    set_str(o, "name", s->row->name);
    set_str(o, "action", action_names[s->action]);
    for (size_t i = 0; i < s->n_changes; i++)
        (void)json_array_append_new(changes, change_json(&s->changes[i]));
    set(o, "changes", changes);
    for (size_t i = 0; i < s->n_kept; i++)
        (void)json_array_append_new(kept, change_json(&s->kept[i]));
    set(o, "kept", kept);
    set(o, "extra", json_boolean(s->extra));
    set_str(o, "file", c->file);
    set(o, "line", line ? json_integer(line) : json_null());
    return o;
}

json_t *plan_json(const struct plan *p, const struct config *c, const struct aws *a)
{
    json_t *o = json_object(), *steps = json_array();
    bool differs = plan_count(p, KEEP) != p->n;

    set(o, "version", json_integer(1));
    set_str(o, "pipeline", c->pipeline);
    set_str(o, "account", a->account);
    set_str(o, "region", a->region);
    set_str(o, "result", differs ? "changes" : "none");
    for (enum action k = KEEP; k <= DROP; k++)
        set(o, action_names[k], json_integer((json_int_t)plan_count(p, k)));
    for (size_t i = 0; i < p->n; i++)
        (void)json_array_append_new(steps, step_json(&p->steps[i], c));
    set(o, "steps", steps);
    return o;
}

static void add_outcome(json_t *o, const struct step *s)
{
    bool failed = s->err.code != ERR_OK && !s->skipped;

    set_str(o, "outcome", s->done ? "done" : failed ? "failed" : "skipped");
    if (s->err.code != ERR_OK)
        set_str(o, "error", s->err.msg);
}

json_t *plan_outcome_json(const struct plan *p, const struct config *c, const struct aws *a)
{
    json_t *o = plan_json(p, c, a), *step;
    size_t i;

    json_array_foreach(json_object_get(o, "steps"), i, step) {
        if (p->steps[i].action != KEEP)
            add_outcome(step, &p->steps[i]);
    }
    return o;
}

void json_print(const json_t *value, FILE *to)
{
    /* ASCII only: no text may control the terminal */
    (void)json_dumpf(value, to, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    (void)fputc('\n', to);
}
