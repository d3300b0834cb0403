/* kind.c: what may be printed of a property's value. */
#include "kinds/kind.h"

/* A copy of v with every leaf replaced by "(set)". */
// NOLINTNEXTLINE(misc-no-recursion): as deep as AWS's own documents
static json_t *words_for(const json_t *v)
{
    json_t *out, *member;
    const char *key;

    if (!json_is_object(v))
        return json_string("(set)");
    out = json_object();
    json_object_foreach((json_t *)v, key, member)
        json_object_set_new(out, key, words_for(member));
    return out;
}

json_t *prop_shown(const struct prop *p, const json_t *v)
{
    if (!v || json_is_null(v))
        return v ? json_null() : NULL;
    if (p->flags & PROP_SECRET)
        return json_string("(secret)");
    return p->flags & PROP_PRIVATE ? words_for(v) : json_incref((json_t *)v);
}
