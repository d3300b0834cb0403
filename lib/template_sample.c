/* template_sample.c: makes sample values for a template from its placeholders. */
#include "template_parts.h"

#include <string.h>

static json_t *grown(json_t *value, const struct step *step, size_t n, bool *agree);

static json_t *child_get(const json_t *parent, const struct step *step)
{
    json_t *child = step->kind == STEP_NAME ? json_object_get(parent, step->name)
                                            : json_array_get(parent, step->index);

    return json_incref(child);
}

/* Elements before the needed one are null. */
static void child_set(json_t *parent, const struct step *step, json_t *child)
{
    if (step->kind == STEP_NAME) {
        json_object_set_new_nocheck(parent, step->name, child);
        return;
    }
    while (json_array_size(parent) <= step->index)
        json_array_append_new(parent, json_null());
    json_array_set_new(parent, step->index, child);
}

static json_t *grown_container(json_t *value, const struct step *step, size_t n, bool *agree)
{
    bool name = step->kind == STEP_NAME;

    if (!value || json_is_null(value)) {
        json_decref(value);
        value = name ? json_object() : json_array();
    }
    if (!(name ? json_is_object(value) : json_is_array(value)) || step->index > TEMPLATE_NODES_MAX)
        *agree = false;
    else
        child_set(value, step, grown(child_get(value, step), step + 1, n - 1, agree));
    return value;
}

/* A sample that is JSON replaces another placeholder's sample text. */
static json_t *grown_text(json_t *value, const struct step *step, size_t n, bool *agree)
{
    auto_json json_t *inner = NULL;
    auto_buf text = BUF(BUF_LARGE);
    const char *old;
    struct err unused;
    size_t old_n;

    if (json_is_object(value) || json_is_array(value)) {
        *agree = false;
        return value;
    }
    old = value ? exact_scalar(value, &old_n) : NULL;
    if (!old || exact_parse(old, old_n, &inner, &unused) < 0)
        inner = NULL;
    inner = grown(inner, step + 1, n - 1, agree);
    exact_text(inner, &text);
    json_decref(value);
    return exact_string(buf_str(&text), text.len);
}

/*
 * The value (taken over, NULL: none) with the members that a path of n steps needs. *agree becomes
 * false when a text is needed where there is a container, or the reverse.
 */
static json_t *grown(json_t *value, const struct step *step, size_t n, bool *agree)
{
    bool whole = n == 0 || step->kind == STEP_TO_JSON; /* any value will do */

    if (whole && (!value || json_is_null(value))) {
        json_decref(value);
        return json_string("x");
    }
    if (n == 0 && (json_is_object(value) || json_is_array(value)))
        *agree = false;
    if (whole)
        return value;
    return step->kind == STEP_FROM_JSON ? grown_text(value, step, n, agree)
                                        : grown_container(value, step, n, agree);
}

static bool hole_sample(const struct hole *hole, json_t *values)
{
    json_t *value = json_incref(json_object_get(values, hole->root));
    bool agree = true;

    json_object_set_new_nocheck(values, hole->root,
                                grown(value, hole->steps, hole->n_steps, &agree));
    return agree;
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
