/*
 * diff.c: compares have and want property by property, as the kind's table of properties says. The
 * version tag is ignored.
 */
#include "engine/diff.h"
#include "engine/own.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static bool same_tags(const json_t *a, const json_t *b)
{
    auto_json json_t *x = json_copy((json_t *)a), *y = json_copy((json_t *)b);

    json_object_del(x, VERSION_TAG);
    json_object_del(y, VERSION_TAG);
    return json_equal(x, y);
}

static bool same_form(const struct value_form *f, const json_t *a, const json_t *b)
{
    auto_json json_t *x = f->normal(a), *y = f->normal(b);

    return json_equal(x, y);
}

/* Whether both values are equivalent; NULL and null both mean "not set". */
static bool same(const struct prop *p, const json_t *have, const json_t *want)
{
    bool h = have && !json_is_null(have), w = want && !json_is_null(want);

    if (!h || !w)
        return h == w;
    if (p->form)
        return same_form(p->form, have, want);
    if (p->flags & PROP_TAGS)
        return same_tags(have, want);
    return json_equal(have, want);
}

static json_t *set_value(json_t *v)
{
    return json_is_null(v) ? NULL : v;
}

static void add_refusal(struct buf *out, const struct step *s, const struct change *c)
{
    auto_free char *from = c->from ? json_canonical(c->from) : xstrdup("not set");
    auto_free char *to = c->to ? json_canonical(c->to) : xstrdup("not set");
    const char *advice = c->prop->advice;

    if (out->len)
        buf_puts(out, "; ");
    else
        buf_printf(out, "%s '%s': ", s->row->kind->name, s->row->name);
    buf_printf(out, "%s is %s and cannot be changed to %s", c->prop->name, from, to);
    if (advice)
        buf_printf(out, " (%s)", advice);
}

static void reset_changes(struct step *s)
{
    free(s->changes);
    s->changes = NULL;
    s->n_changes = 0;
    free(s->kept);
    s->kept = NULL;
    s->n_kept = 0;
    json_decref(s->delta);
    s->delta = json_object();
}

/* Adds changed tags to the delta, so that the version tag is updated when the row is written
 * anyway. */
static void take_tags_along(struct step *s)
{
    for (const struct prop *p = s->row->kind->props; s->n_changes && p->name; p++) {
        json_t *want = json_object_get(s->state.want, p->name);

        if ((p->flags & PROP_TAGS) && want &&
            !json_equal(want, json_object_get(s->state.have, p->name)))
            json_object_set(s->delta, p->name, want);
    }
}

/* Adds tags of others to the wanted ones, so that no update removes them. */
static void keep_foreign_tags(struct step *s, const struct prop *p)
{
    json_t *have = json_object_get(s->state.have, p->name), *value;
    json_t *want = json_object_get(s->state.want, p->name);
    const char *key;
    size_t n = json_object_size(want);

    json_object_foreach(have, key, value) {
        if (!json_object_get(want, key))
            json_object_set(want, key, value);
    }
    if (json_object_size(want) > n)
        s->kept[s->n_kept++] = (struct change){ .prop = p, .from = have, .to = want };
}

int diff_step(struct step *s, const struct ctx *c, struct err *e)
{
    auto_buf refused = BUF(BUF_SMALL);
    bool keep = c->consents & CONSENT_EXTRAS;
    size_t n = 0;

    while (s->row->kind->props[n].name)
        n++;
    reset_changes(s);
    s->changes = xcalloc(n + 1, sizeof(*s->changes));
    s->kept = xcalloc(n + 1, sizeof(*s->kept));
    for (const struct prop *p = s->row->kind->props; p->name; p++) {
        json_t *have = json_object_get(s->state.have, p->name);
        json_t *want = json_object_get(s->state.want, p->name);
        struct change change = { 0 };

        if (keep && (p->flags & PROP_TAGS) && have && want)
            keep_foreign_tags(s, p);
        change = (struct change){ .prop = p, .from = set_value(have), .to = set_value(want) };

        if (!want || same(p, have, want))
            continue;
        if (keep && (p->flags & PROP_EXTRA)) {
            s->kept[s->n_kept++] = change;
            continue;
        }
        if (p->flags & PROP_FIXED || p->consent & ~c->consents)
            add_refusal(&refused, s, &change);
        s->changes[s->n_changes++] = change;
        json_object_set(s->delta, p->name, want);
    }
    take_tags_along(s);
    return refused.len ? err_set(e, ERR_REFUSED, "%s", buf_str(&refused)) : 0;
}
