/*
 * drift_split.c: splits the change of a property into findings: each member of an object, element
 * of a set or statement of a document is its own finding.
 */
#include "encode.h"
#include "engine/drift_parts.h"
#include "engine/own.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT_HASH = 8 };

static enum drift_what what_of(const struct prop *p, const json_t *want, const json_t *have)
{
    if (p->flags & PROP_HEALTH)
        return DRIFT_UNHEALTHY;
    if (p->flags & PROP_CODE)
        return DRIFT_CODE;
    if (p->flags & PROP_STATUS)
        return DRIFT_CHANGED;
    if (!want)
        return DRIFT_EXTRA;
    return have ? DRIFT_CHANGED : DRIFT_MISSING;
}

static const char *tag(const json_t *side, const char *name)
{
    return jget_str(json_object_get(side, "Tags"), name);
}

/* Where the other code is from: the tags beside it say what the last 'up' wrote. */
static char *code_note(const struct state *s, const json_t *have, enum drift_what *what)
{
    const char *wrote = tag(s->have, CODE_HASH_TAG), *is = json_string_value(have);
    const char *build = tag(s->have, CODE_TAG), *ours = tag(s->want, CODE_TAG);

    if (!wrote || !is || strcmp(wrote, is) != 0)
        return xstrdup("tampered: no 'fifoq up' wrote this code");
    if (build && ours && strcmp(build, ours) != 0) {
        *what = DRIFT_BUILD;
        return xasprintf("another fifoq build: %s is deployed, this is %s", build, ours);
    }
    return xstrdup("the configuration has changed since the last 'fifoq up'");
}

/* want and have are borrowed. */
static void add(const struct drifting *of, const struct prop *p, const char *path, json_t *want,
                json_t *have)
{
    enum drift_what what = what_of(p, want, have);
    char *note = what == DRIFT_CODE ? code_note(&of->step->state, have, &what) : NULL;

    drift_add(of, (struct finding){ .what = what,
                                    .property = xstrdup(path),
                                    .want = prop_shown(p, want),
                                    .have = prop_shown(p, have),
                                    .note = note });
}

static bool code_differs(const struct step *s)
{
    for (size_t i = 0; i < s->n_changes; i++) {
        if (s->changes[i].prop->flags & PROP_CODE)
            return true;
    }
    return false;
}

/* Tags that only follow another difference, which is a finding already. */
static bool is_implied_tag(const struct drifting *of, const char *name)
{
    if (strcmp(name, VERSION_TAG) == 0)
        return true;
    return (strcmp(name, CODE_TAG) == 0 || strcmp(name, CODE_HASH_TAG) == 0) &&
           code_differs(of->step);
}

static void split(const struct drifting *of, const struct prop *p, const char *path, json_t *want,
                  json_t *have);

// NOLINTNEXTLINE(misc-no-recursion): as deep as AWS's own documents
static void split_member(const struct drifting *of, const struct prop *p, const char *path,
                         const char *key, json_t *want, json_t *have)
{
    auto_free char *below = xasprintf("%s.%s", path, key);

    if (!(p->flags & PROP_TAGS) || !is_implied_tag(of, key))
        split(of, p, below, want, have);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as AWS's own documents
static void split_object(const struct drifting *of, const struct prop *p, const char *path,
                         json_t *want, json_t *have)
{
    const char *key;
    json_t *v;

    json_object_foreach(want, key, v)
        split_member(of, p, path, key, v, json_object_get(have, key));
    json_object_foreach(have, key, v) {
        if (!json_object_get(want, key))
            split_member(of, p, path, key, NULL, v);
    }
}

/* An element's name: itself, its name, or the first digits of its hash. The caller frees it. */
static char *element_name(const struct prop *p, const json_t *v)
{
    const char *name = p->form && p->form->named_by ? jget_str(v, p->form->named_by) : NULL;
    auto_free char *text = json_canonical(v);
    char hex[65];

    if (json_is_string(v))
        return xstrdup(json_string_value(v));
    if (name)
        return xstrdup(name);
    sha256_hex(text, strlen(text), hex);
    return xstrndup(hex, SHORT_HASH);
}

/* The elements of `all` that are missing in `others`, by name. A new reference. */
static json_t *only_in(const struct prop *p, const json_t *all, const json_t *others)
{
    json_t *out = json_object(), *v, *other;
    size_t i, j;

    json_array_foreach(all, i, v) {
        bool there = false;
        auto_free char *name = element_name(p, v);

        json_array_foreach(others, j, other)
            there = there || json_equal(v, other);
        if (!there)
            json_object_set(out, name, v);
    }
    return out;
}

static bool shares_a_name(const json_t *a, json_t *b)
{
    const char *name;
    json_t *v;

    json_object_foreach(b, name, v) {
        if (json_object_get(a, name))
            return true;
    }
    return false;
}

/* Splits a set when one side only has additional elements, or when names match. Otherwise returns
 * false: nothing says which element became which. */
static bool split_set(const struct drifting *of, const struct prop *p, const char *path,
                      const json_t *want, const json_t *have)
{
    auto_json json_t *missing = only_in(p, want, have), *extra = only_in(p, have, want);
    const char *name;
    json_t *v;

    if (json_object_size(missing) && json_object_size(extra) && !shares_a_name(missing, extra))
        return false;
    json_object_foreach(missing, name, v) {
        auto_free char *below = xasprintf("%s.%s", path, name);

        add(of, p, below, v, json_object_get(extra, name));
    }
    json_object_foreach(extra, name, v) {
        auto_free char *below = xasprintf("%s.%s", path, name);

        if (!json_object_get(missing, name))
            add(of, p, below, NULL, v);
    }
    return json_object_size(missing) + json_object_size(extra) > 0;
}

/* Splits a document whose normal forms differ in exactly one list. */
static bool split_document(const struct drifting *of, const struct change *c)
{
    auto_json json_t *want = c->prop->form->normal(c->to), *have = c->prop->form->normal(c->from);
    const char *key, *list = NULL;
    size_t differing = 0;
    json_t *v;
    auto_free char *below = NULL;

    json_object_foreach(want, key, v) {
        if (json_equal(v, json_object_get(have, key)))
            continue;
        list = key;
        differing++;
    }
    if (differing != 1)
        return false;
    below = xasprintf("%s.%s", c->prop->name, list);
    return split_set(of, c->prop, below, json_object_get(want, list), json_object_get(have, list));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as AWS's own documents
static void split(const struct drifting *of, const struct prop *p, const char *path, json_t *want,
                  json_t *have)
{
    want = json_is_null(want) ? NULL : want;
    have = json_is_null(have) ? NULL : have;
    if (json_equal(want, have) || (!want && !have))
        return;
    if (json_is_object(want) && json_is_object(have))
        split_object(of, p, path, want, have);
    else
        add(of, p, path, want, have);
}

void drift_split(const struct drifting *of, const struct change *c)
{
    const struct prop *p = c->prop;
    bool objects = json_is_object(c->to) && json_is_object(c->from);
    bool arrays = json_is_array(c->to) && json_is_array(c->from);

    if (arrays && (p->form || json_array_size(c->to) == 0) &&
        split_set(of, p, p->name, c->to, c->from))
        return;
    if (objects && p->form && split_document(of, c))
        return;
    if (p->form || p->flags & (PROP_CODE | PROP_SECRET))
        add(of, p, p->name, c->to, c->from);
    else
        split(of, p, p->name, c->to, c->from);
}
