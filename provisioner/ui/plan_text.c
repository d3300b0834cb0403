/* plan_text.c: prints a plan as text. */
#include "ui/plan_print.h"

#include "mem.h"
#include "plain.h"
#include "ui/terminal.h"

#include <stdlib.h>
#include <string.h>

#define NOT_SET "(not set)"

static const struct mark {
    char sign;
    enum color color;
} marks[] = {
    [KEEP] = { ' ', COLOR_NONE },
    [CREATE] = { '+', COLOR_GREEN },
    [UPDATE] = { '~', COLOR_YELLOW },
    [DROP] = { '-', COLOR_RED },
};

/* A line below a row: a property, or only the member of it that differs. */
struct line {
    char *path, *from, *to;
};
struct lines {
    struct line *list;
    size_t n;
    int path_width;
};

static char *value_text(const json_t *v)
{
    if (!v || json_is_null(v))
        return xstrdup(NOT_SET);
    return json_is_string(v) ? xstrdup(json_string_value(v)) : json_text(v);
}

static void lines_add(struct lines *l, const char *path, char *from, char *to)
{
    char *plain = xstrdup(path);

    text_plain(plain, false);
    text_plain(from, false);
    text_plain(to, false);
    l->list = xrealloc(l->list, (l->n + 1) * sizeof(*l->list));
    l->list[l->n++] = (struct line){ .path = plain, .from = from, .to = to };
    if ((int)strlen(plain) > l->path_width)
        l->path_width = (int)strlen(plain);
}

static void lines_done(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->list[i].path);
        free(l->list[i].from);
        free(l->list[i].to);
    }
    free(l->list);
}

/* Compares objects member by member, so that only differing members are shown. */
// NOLINTNEXTLINE(misc-no-recursion): limited by the depth of AWS's documents
static void add_differences(struct lines *l, const char *path, const json_t *from, const json_t *to)
{
    const char *key;
    json_t *member;

    if (!json_is_object(from) || !json_is_object(to)) {
        if (!json_equal(from, to))
            lines_add(l, path, value_text(from), value_text(to));
        return;
    }
    json_object_foreach((json_t *)from, key, member) {
        auto_free char *below = xasprintf("%s.%s", path, key);
        add_differences(l, below, member, json_object_get(to, key));
    }
    json_object_foreach((json_t *)to, key, member) {
        auto_free char *below = xasprintf("%s.%s", path, key);
        if (!json_object_get(from, key))
            add_differences(l, below, NULL, member);
    }
}

static void lines_of(const struct step *s, struct lines *l)
{
    for (size_t i = 0; i < s->n_changes; i++) {
        const struct change *c = &s->changes[i];
        auto_json json_t *from = prop_shown(c->prop, c->from), *to = prop_shown(c->prop, c->to);

        if (c->prop->flags & PROP_SECRET) /* prop_shown masks both */
            lines_add(l, c->prop->name, value_text(from), value_text(to));
        else
            add_differences(l, c->prop->name, from, to);
    }
}

/* On one line if it fits, otherwise the old value above the new one. */
static void print_line(const struct line *l, int path_width, FILE *to)
{
    int width = 4 + path_width + 2 + (int)(strlen(l->from) + 4 + strlen(l->to));

    if (width <= terminal_columns(to)) {
        (void)fprintf(to, "    %-*s  %s -> %s\n", path_width, l->path, l->from, l->to);
        return;
    }
    (void)fprintf(to, "    %s\n      %s- %s%s\n      %s+ %s%s\n", l->path, color_on(to, COLOR_RED),
                  l->from, color_off(to), color_on(to, COLOR_GREEN), l->to, color_off(to));
}

static void print_step(const struct step *s, int id_width, FILE *to)
{
    struct lines l = { 0 };

    (void)fprintf(to, "%s%c%s %-*s  %s\n", color_on(to, marks[s->action].color),
                  marks[s->action].sign, color_off(to), id_width, s->row->id, s->row->name);
    if (s->action == UPDATE)
        lines_of(s, &l);
    for (size_t i = 0; i < l.n; i++)
        print_line(&l.list[i], l.path_width, to);
    lines_done(&l);
}

char *plan_totals(const struct plan *p)
{
    size_t create = plan_count(p, CREATE), update = plan_count(p, UPDATE),
           drop = plan_count(p, DROP);

    if (p->removal)
        return drop ? xasprintf("%zu to delete", drop) : xstrdup("nothing to remove");
    if (create + update + drop == 0)
        return xasprintf("nothing to change: %zu unchanged", plan_count(p, KEEP));
    return xasprintf("%zu to create, %zu to change, %zu to delete, %zu unchanged", create, update,
                     drop, plan_count(p, KEEP));
}

/* Lists extras and kept resources, so that the plan does not look clean. */
static void print_kept(const struct step *s, bool removal, int id_width, FILE *to)
{
    if (s->extra && s->action == KEEP)
        (void)fprintf(to, "  %-*s  %s: an extra, kept\n", id_width, s->row->id, s->row->name);
    if (s->stays && !removal)
        (void)fprintf(to, "  %-*s  %s: no longer used, kept with its content\n", id_width,
                      s->row->id, s->row->name);
    for (size_t i = 0; i < s->n_kept; i++)
        (void)fprintf(to, "  %-*s  %s: extra %s, kept\n", id_width, s->row->id, s->row->name,
                      s->kept[i].prop->name);
}

void plan_print_text(const struct plan *p, FILE *to)
{
    auto_free char *totals = plan_totals(p);
    int id_width = 16;

    for (size_t i = 0; i < p->n; i++)
        if (p->steps[i].action != KEEP && (int)strlen(p->steps[i].row->id) > id_width)
            id_width = (int)strlen(p->steps[i].row->id);
    /* a removal deletes dependents first */
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[p->removal ? p->n - 1 - i : i];
        if (s->action != KEEP)
            print_step(s, id_width, to);
    }
    for (size_t i = 0; i < p->n; i++)
        print_kept(&p->steps[i], p->removal, id_width, to);
    (void)fprintf(to, "%s\n", totals);
}
