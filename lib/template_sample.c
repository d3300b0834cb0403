/* template_sample.c: values that a template can be rendered with, made from its placeholders. */
#include "template_parts.h"

#include <string.h>

static json_t *container_for(const struct step *step)
{
    return step->name ? json_object() : json_array();
}

static bool fits(const json_t *value, const struct step *step)
{
    return step->name ? json_is_object(value) : json_is_array(value);
}

static json_t *child_get(const json_t *parent, const struct step *step)
{
    return step->name ? json_object_get(parent, step->name) : json_array_get(parent, step->index);
}

/* Elements before the one that is needed are null. */
static void child_set(json_t *parent, const struct step *step, json_t *child)
{
    if (step->name) {
        json_object_set_new_nocheck(parent, step->name, child);
        return;
    }
    while (json_array_size(parent) <= step->index)
        json_array_append_new(parent, json_null());
    json_array_set_new(parent, step->index, child);
}

/* A container where another placeholder wants a text, or the other way round: false. */
static bool hole_sample(const struct hole *hole, json_t *values)
{
    const struct step root = { .name = hole->root };
    const struct step *step = &root;
    json_t *parent = values, *value;

    for (size_t i = 0; i < hole->n_steps; i++) {
        const struct step *next = &hole->steps[i];
        if (next->index > TEMPLATE_NODES_MAX)
            return false;
        value = child_get(parent, step);
        if (!value || json_is_null(value)) {
            value = container_for(next);
            child_set(parent, step, value);
        }
        if (!fits(value, next))
            return false;
        parent = value;
        step = next;
    }
    value = child_get(parent, step);
    if (!value || json_is_null(value))
        child_set(parent, step, json_string("x"));
    return !json_is_object(value) && !json_is_array(value);
}

static bool node_sample(const struct node *node, json_t *values)
{
    bool agree = true;

    for (size_t i = 0; node->kind == NODE_TEXT && i < node->n; i++)
        if (node->parts[i].hole)
            agree = hole_sample(node->parts[i].hole, values) && agree;
    for (size_t i = 0; node->members && i < node->n; i++)
        agree = node_sample(&node->members[i], values) && agree;
    return agree;
}

bool template_sample(const struct template *t, json_t *values)
{
    return node_sample(&t->root, values);
}
