/* foreign_mappings.c: event source mappings that others added to a function or queue of ours. */
#include "kinds/foreign_mappings.h"
#include "kinds/mapping_wait.h"
#include "kinds/tools.h"

#include <string.h>

json_t *foreign_mappings(const json_t *reply, const char *shown,
                         bool (*is_ours)(const void *arg, const json_t *mapping), const void *arg)
{
    json_t *out = json_object(), *mapping;
    size_t i;

    json_array_foreach(jget_array(reply, "EventSourceMappings"), i, mapping) {
        const char *uuid = jget_str(mapping, "UUID"), *state = jget_str(mapping, "State");
        bool leaves = state && strcmp(state, "Deleting") == 0;

        if (uuid && !leaves && !is_ours(arg, mapping))
            put_or(out, uuid, json_object_get(mapping, shown), json_string("(no source)"));
    }
    return out;
}

int foreign_mappings_delete(const struct ctx *c, const char *name, const json_t *mappings,
                            struct err *e)
{
    const char *uuid;
    json_t *v;

    json_object_foreach((json_t *)mappings, uuid, v) {
        if (mapping_delete(c, name, uuid, e) < 0)
            return -1;
    }
    return 0;
}
