/*
 * mapping_wait.c: see mapping_wait.h.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html (State)
 */
#include "kinds/mapping_wait.h"

#include "kinds/tools.h"
#include "mem.h"
#include "text.h"

#include <string.h>

enum { SETTLE_MS = 180000 };

bool mapping_has(const json_t *mapping, const char *key, const char *value)
{
    const char *has = jget_str(mapping, key);

    return has && strcmp(has, value) == 0;
}

bool mapping_is_disabled(const json_t *mapping)
{
    return mapping_has(mapping, "State", "Disabled") || mapping_has(mapping, "State", "Disabling");
}

const char *mapping_problem(const json_t *mapping)
{
    const char *result = jget_str(mapping, "LastProcessingResult");

    return result && str_starts(result, "PROBLEM") ? result : NULL;
}

int mapping_check_works(const struct row *r, const json_t *mapping, struct err *e)
{
    const char *result = mapping_problem(mapping);

    if (result)
        return err_set(e, ERR_AWS, "the mapping of '%s' does not work: %s", r->name, result);
    return 0;
}

static int check_enabled(const struct row *r, const json_t *mapping, struct err *e)
{
    const char *why = jget_str(mapping, "StateTransitionReason");

    if (mapping_is_disabled(mapping))
        return err_set(e, ERR_AWS, "the mapping of '%s' was disabled by AWS: %s", r->name,
                       why ? why : "no reason given");
    return 0;
}

static bool in_transit(const json_t *mapping)
{
    static const char *const states[] = { "Creating", "Enabling", "Updating", "Disabling",
                                          "Deleting" };

    for (size_t i = 0; i < COUNTOF(states); i++) {
        if (mapping_has(mapping, "State", states[i]))
            return true;
    }
    return false;
}

int mapping_settle(const struct ctx *c, const char *name, json_t *mapping, json_t **out,
                   struct err *e)
{
    auto_json json_t *now = mapping;
    bool seen = true;

    for (int look = 0; in_transit(now); look++) {
        const char *state = jget_str(now, "State"), *uuid = jget_str(now, "UUID");
        json_t *next = NULL;

        if (look > 0 &&
            kind_pause(c, look - 1, seen ? SETTLE_MS : MAPPING_SEEN_MS, name, state, e) < 0)
            return -1;
        seen = kind_call(c, &aws_lambda, "GetEventSourceMapping", json_pack("{s:s}", "UUID", uuid),
                         &next, e) == 0;
        if (!seen && e->code != ERR_NOT_FOUND)
            return -1;
        if (!seen && mapping_has(now, "State", "Deleting"))
            return 0;
        if (seen) {
            json_decref(now);
            now = next;
        }
    }
    if (out)
        *out = steal(now);
    return 0;
}

int mapping_settle_enabled(const struct ctx *c, const struct row *r, json_t *mapping, json_t **out,
                           struct err *e)
{
    auto_json json_t *end = NULL;

    if (mapping_settle(c, r->name, mapping, &end, e) < 0)
        return -1;
    if (check_enabled(r, end, e) < 0)
        return -1;
    if (out)
        *out = steal(end);
    return 0;
}

int mapping_delete(const struct ctx *c, const char *name, const char *uuid, struct err *e)
{
    auto_json json_t *reply = NULL;

    if (kind_call(c, &aws_lambda, "DeleteEventSourceMapping", json_pack("{s:s}", "UUID", uuid),
                  &reply, e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    json_object_set_new(reply, "UUID", json_string(uuid));
    json_object_set_new(reply, "State", json_string("Deleting"));
    return mapping_settle(c, name, steal(reply), NULL, e);
}
