/* own.c: whose a thing is, and what a row's state holds. */
#include "engine/own.h"

#include <string.h>

bool has_our_tag(const struct step *s, const struct ctx *c)
{
    const char *owner = jget_str(json_object_get(s->state.have, "Tags"), OWNER_TAG);

    return owner && strcmp(owner, c->pipeline) == 0;
}

void state_done(struct state *s)
{
    json_decref(s->have);
    json_decref(s->want);
    json_decref(s->facts);
    *s = (struct state){ 0 };
}
