/*
 * check_templates.c: templates that are valid but never resolve, or that hold other tools'
 * placeholders. Warnings only: an attribute may be called S, and a text may hold braces.
 */
#include "config/check.h"
#include "contract.h"
#include "mem.h"
#include "text.h"

#include <string.h>

static const char *const types[] = { "S", "N", "B", "SS", "NS", "BS", "BOOL", "NULL", "M", "L" };

struct text {
    const struct check *c;
    const char *path;
    bool insert_only; /* ingest.events is [INSERT]: then there is no old image */
};

static bool has_any_steps(const struct template_root *roots, const char *root)
{
    for (; roots->name; roots++)
        if (strcmp(roots->name, root) == 0)
            return !roots->members;
    return false;
}

/* A root whose steps are names from a table's item or a message. */
static bool is_item(const char *root)
{
    return strcmp(root, "param") != 0 &&
           (has_any_steps(ingest_roots, root) || has_any_steps(destination_roots, root));
}

static bool is_type(const char *step)
{
    for (size_t i = 0; i < COUNTOF(types); i++)
        if (strcmp(step, types[i]) == 0)
            return true;
    return false;
}

/* The step .0 of "item.lines.0.sku"; NULL: not found. */
static const char *number_step(const char *path)
{
    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t digits = strspn(dot + 1, "0123456789");
        if (digits && (!dot[digits + 1] || strchr(".[", dot[digits + 1])))
            return dot;
    }
    return NULL;
}

static void look_at_path(void *arg, const char *root, const char *path)
{
    const struct text *t = arg;
    const char *last = strrchr(path, '.'), *number = number_step(path);
    size_t before = number ? (size_t)(number - path) : 0, digits;

    if (!is_item(root) || strchr(path, '"'))
        return;
    if (last && last > path + strlen(root) && is_type(last + 1))
        check_warn(t->c, t->path,
                   "'${%s}' ends with a DynamoDB type, but items are plain JSON here; use ${%.*s}",
                   path, (int)(last - path), path);
    if (!number)
        return;
    digits = strspn(number + 1, "0123456789");
    check_warn(t->c, t->path, "'${%s}': for an element of a list use ${%.*s[%.*s]%s}", path,
               (int)before, path, (int)digits, number + 1, number + 1 + digits);
}

/* All that templates may name, without an old image. */
static void look_for_old(const struct text *t, const struct template *compiled)
{
    auto_json json_t *values = json_object(), *rendered = NULL;
    struct err e;

    if (!t->insert_only || !template_sample(compiled, values) || !json_object_get(values, "old"))
        return;
    json_object_del(values, "old");
    if (template_render(compiled, values, &rendered, &e) < 0 && e.code == ERR_NOT_FOUND)
        check_warn(t->c, t->path,
                   "%s: an INSERT has no old image; add MODIFY or REMOVE to ingest.events, or a "
                   "default, ${old.NAME:-...}",
                   e.msg);
}

/* Only roots that have steps: other words may begin like "id". */
static bool begins_with_root(const char *text, const struct template_root *roots)
{
    text += strspn(text, " ");
    for (; roots->name; roots++)
        if (!root_is_value(roots) && str_starts(text, roots->name))
            return true;
    return false;
}

/* {{item.id}}, <$.dynamodb.NewImage.id.S>: of Jinja and Handlebars, and of EventBridge. */
static void look_at_braces(const struct text *t, const char *text)
{
    const char *braces = strstr(text, "{{");

    if (braces && (begins_with_root(braces + 2, ingest_roots) ||
                   begins_with_root(braces + 2, destination_roots)))
        check_warn(t->c, t->path, "{{...}} is sent as it is; for a value use ${...}");
    if (strstr(text, "<$."))
        check_warn(t->c, t->path, "<$.path> is sent as it is; for a value use ${...}");
}

static void look_at_text(const struct text *t, const char *text)
{
    struct template *compiled = NULL;
    struct err e;

    look_at_braces(t, text);
    if (template_compile_text(text, &compiled, &e) < 0)
        return;
    template_each_path(compiled, look_at_path, (void *)t);
    look_for_old(t, compiled);
    template_free(compiled);
}

static void look_at_value(const struct check *c, const char *path, const json_t *value, bool insert)
{
    const struct text t = { c, path, insert };
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_string(value))
        look_at_text(&t, json_string_value(value));
    json_object_foreach((json_t *)value, key, member) {
        auto_free char *below = xasprintf("%s.%s", path, key);
        look_at_value(c, below, member, insert);
    }
    json_array_foreach(value, i, member) {
        auto_free char *below = xasprintf("%s[%zu]", path, i);
        look_at_value(c, below, member, insert);
    }
}

void check_templates(const struct check *c)
{
    static const char *const documents[] = { "ingest.group", "ingest.message",
                                             "drain.destinations" };
    const json_t *events = jget_path(c->tree, "ingest.events");
    const char *first = json_string_value(json_array_get(events, 0));
    bool insert = json_array_size(events) == 1 && event_bit(first) == EVENT_INSERT;

    for (size_t i = 0; i < COUNTOF(documents); i++)
        look_at_value(c, documents[i], jget_path(c->tree, documents[i]), insert && i < 2);
}
