/* own.c: ownership by tag, ignored tags, and a row's state. */
#include "engine/own.h"

#include "text.h"

#include <string.h>

bool has_our_tag(const struct step *s, const struct ctx *c)
{
    const char *owner = jget_str(json_object_get(s->state.have, "Tags"), OWNER_TAG);

    return owner && strcmp(owner, c->pipeline) == 0;
}

static bool is_ignored(const struct ctx *c, const char *key)
{
    json_t *v;
    size_t i;

    json_array_foreach(c->ignore_tags, i, v) {
        if (str_starts(key, json_string_value(v)))
            return !json_object_get(c->tags, key);
    }
    return false;
}

static void forget_ignored(const struct ctx *c, json_t *tags)
{
    const char *key;
    void *next;
    json_t *v;

    json_object_foreach_safe(tags, next, key, v)
    {
        if (is_ignored(c, key))
            json_object_del(tags, key);
    }
}

int own_read(const struct ctx *c, const struct row *r, struct state *s, struct err *e)
{
    if (r->kind->read(c, r, s, e) < 0)
        return -1;
    for (const struct prop *p = r->kind->props; p->name; p++) {
        if (p->flags & PROP_TAGS)
            forget_ignored(c, json_object_get(s->have, p->name));
    }
    return 0;
}

void state_done(struct state *s)
{
    json_decref(s->have);
    json_decref(s->want);
    json_decref(s->facts);
    *s = (struct state){ 0 };
}
