/* drift.c: turns a plan's steps into findings. */
#include "engine/drift.h"
#include "engine/drift_parts.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const struct step *whole_of(const struct plan *p, const struct step *s)
{
    for (size_t i = 0; (s->row->kind->flags & KIND_PART) && i < p->n; i++) {
        if (s->row->n_needs && p->steps[i].row == s->row->needs[0])
            return &p->steps[i];
    }
    return NULL;
}

/* Why a row was not compared: it could not be read, the wanted state is unknown, or its whole could
 * not be read. The caller frees it; NULL: it was compared. */
static char *reason(const struct plan *p, const struct step *s)
{
    const struct step *whole = whole_of(p, s);
    bool failed = s->err.code != ERR_OK && s->err.code != ERR_REFUSED;

    if (!s->known)
        return xstrdup(s->err.msg);
    if (failed && s->state.have && !(s->row->kind->flags & KIND_OTHERS))
        return xstrdup(s->err.msg);
    if (whole && !whole->known && s->state.have)
        return xasprintf("not compared because '%s' could not be read", whole->row->id);
    return NULL;
}

/* Findings about the row as a whole. Returns true if its properties need no look. */
static bool add_row_findings(const struct drifting *of)
{
    const struct step *s = of->step;
    const char *why = s->err.code == ERR_OK ? NULL : s->err.msg;

    if (s->row->presence != PRESENT) {
        if (s->action == DROP)
            drift_add(of, (struct finding){ .what = DRIFT_EXTRA });
        return true;
    }
    if (!s->state.have)
        drift_add(of, (struct finding){ .what = DRIFT_MISSING, .note = why ? xstrdup(why) : NULL });
    else if (why && (s->row->kind->flags & KIND_OTHERS))
        drift_add(of, (struct finding){ .what = DRIFT_UNHEALTHY, .note = xstrdup(why) });
    return !s->state.have;
}

/* Reports status properties that the wanted state does not mention. */
static void add_status_findings(const struct drifting *of)
{
    const struct state *state = &of->step->state;

    for (const struct prop *p = of->step->row->kind->props; p->name; p++) {
        json_t *have = json_object_get(state->have, p->name);

        if ((p->flags & PROP_STATUS) && have && !json_is_null(have) &&
            !json_object_get(state->want, p->name))
            drift_add(of, (struct finding){
                              .what = p->flags & PROP_HEALTH ? DRIFT_UNHEALTHY : DRIFT_CHANGED,
                              .property = xstrdup(p->name),
                              .have = json_incref(have),
                          });
    }
}

static void add_findings(struct drift *d, const struct plan *p, const struct step *s,
                         const char *pipeline)
{
    struct drifting of = { d, s, pipeline };
    char *why = reason(p, s);

    if (why) {
        d->unreadable = xrealloc(d->unreadable, (d->n_unreadable + 1) * sizeof(*d->unreadable));
        d->unreadable[d->n_unreadable++] = (struct unreadable){ s->row, why };
        return;
    }
    d->checked[d->n_checked++] = s->row;
    if (add_row_findings(&of))
        return;
    for (size_t i = 0; i < s->n_changes; i++)
        drift_split(&of, &s->changes[i]);
    add_status_findings(&of);
}

void drift_make(struct drift *d, const struct plan *p, const char *pipeline)
{
    *d = (struct drift){ .checked = xcalloc(p->n + 1, sizeof(*d->checked)) };
    for (size_t i = 0; i < p->n; i++)
        add_findings(d, p, &p->steps[i], pipeline);
}

void drift_done(struct drift *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->findings[i].property);
        free(d->findings[i].note);
        json_decref(d->findings[i].want);
        json_decref(d->findings[i].have);
    }
    for (size_t i = 0; i < d->n_unreadable; i++)
        free(d->unreadable[i].why);
    free(d->findings);
    free(d->unreadable);
    free(d->checked);
    *d = (struct drift){ 0 };
}

/* "Tags" lists "Tags" and every "Tags.KEY". */
static bool lists_property(const char *listed, const char *property)
{
    size_t n = strlen(listed);

    return property && strncmp(listed, property, n) == 0 &&
           (property[n] == '\0' || property[n] == '.');
}

static bool lists(const struct ignore *entry, const struct finding *f)
{
    if (entry->id)
        return strcmp(entry->id, f->id) == 0;
    return strcmp(entry->row, f->row->id) == 0 && lists_property(entry->property, f->property);
}

void drift_ignore(struct drift *d, struct ignores *list, const char *today)
{
    for (size_t i = 0; i < list->n; i++) {
        struct ignore *entry = &list->list[i];

        entry->expired = strcmp(entry->until, today) < 0;
        for (size_t j = 0; j < d->n; j++) {
            if (!lists(entry, &d->findings[j]))
                continue;
            entry->used = true;
            if (!entry->expired)
                d->findings[j].ignored = entry;
        }
    }
}

size_t drift_count(struct drift *d, unsigned fail_on)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) {
        struct finding *f = &d->findings[i];

        f->counts = !f->ignored && (fail_on & 1u << f->what);
        n += f->counts;
    }
    return n;
}
