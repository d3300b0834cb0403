/* template.c: compiles and checks documents. template_parse.c parses strings, template_render.c
 * renders. */
#include "mem.h"
#include "suggest.h"
#include "template_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compile {
    size_t nodes;
    struct err *e;
};

static int node_compile(struct compile *c, const json_t *value, int depth, struct node *out);

/* The fewest digits that read back as the same number: 1.1 stays 1.1. */
static json_t *real_literal(double value)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return exact_number(text);
}

static json_t *scalar_literal(const json_t *value)
{
    char text[24];

    if (json_is_real(value))
        return real_literal(json_real_value(value));
    if (!json_is_integer(value))
        return json_incref((json_t *)value); /* true, false and null are singletons */
    (void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return exact_number(text);
}

static int object_compile(struct compile *c, const json_t *value, int depth, struct node *out)
{
    size_t size = json_object_size(value);
    const char *key;
    json_t *member;

    out->kind = NODE_OBJECT;
    out->keys = xcalloc(size, sizeof(*out->keys));
    out->members = xcalloc(size, sizeof(*out->members));
    json_object_foreach((json_t *)value, key, member) {
        auto_json json_t *exact = exact_string(key, strlen(key));
        if (strstr(key, "${"))
            return err_set(c->e, ERR_CONFIG, "'%.60s': a name cannot hold a placeholder", key);
        out->keys[out->n] = xstrdup(json_string_value(exact));
        if (node_compile(c, member, depth + 1, &out->members[out->n++]) < 0)
            return err_wrap(c->e, "in '%.60s'", key);
    }
    return 0;
}

static int array_compile(struct compile *c, const json_t *value, int depth, struct node *out)
{
    const json_t *element;
    size_t i;

    out->kind = NODE_ARRAY;
    out->members = xcalloc(json_array_size(value), sizeof(*out->members));
    json_array_foreach(value, i, element)
        if (node_compile(c, element, depth + 1, &out->members[out->n++]) < 0)
            return err_wrap(c->e, "in [%zu]", i);
    return 0;
}

static int node_compile(struct compile *c, const json_t *value, int depth, struct node *out)
{
    if (depth > TEMPLATE_DEPTH_MAX)
        return err_set(c->e, ERR_CONFIG, "a template is at most %d levels deep",
                       TEMPLATE_DEPTH_MAX);
    if (++c->nodes > TEMPLATE_NODES_MAX)
        return err_set(c->e, ERR_CONFIG, "a template has at most %d values", TEMPLATE_NODES_MAX);
    if (json_is_object(value))
        return object_compile(c, value, depth, out);
    if (json_is_array(value))
        return array_compile(c, value, depth, out);
    if (json_is_string(value))
        return template_parse(json_string_value(value), json_string_length(value), out, c->e);
    *out = (struct node){ .kind = NODE_LITERAL, .literal = scalar_literal(value) };
    return 0;
}

int template_compile(const json_t *document, struct template **out, struct err *e)
{
    struct template *t = xcalloc(1, sizeof(*t));
    struct compile c = { .e = e };

    if (node_compile(&c, document, 0, &t->root) < 0) {
        template_free(t);
        return -1;
    }
    *out = t;
    return 0;
}

int template_compile_text(const char *text, struct template **out, struct err *e)
{
    auto_json json_t *document = json_string(text);

    if (!document)
        return err_set(e, ERR_CONFIG, "a template must be UTF-8 text");
    return template_compile(document, out, e);
}

void template_free(struct template *t)
{
    if (!t)
        return;
    template_node_done(&t->root);
    free(t);
}

static size_t names_count(const char *const *names)
{
    size_t n = 0;

    while (names[n])
        n++;
    return n;
}

/* "a, b, c" */
static void names_join(const char *const *names, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s", i ? ", " : "", names[i]);
}

static int name_unknown(const struct hole *hole, const char *word, const char *const *names,
                        struct err *e)
{
    size_t n = names_count(names);
    const char *near = suggest_word(word, names, n);
    auto_buf all = BUF(1024); /* a longer list is cut */
    auto_free char *hint = NULL;

    names_join(names, n, &all);
    hint = suggest_hint(near, "allowed", n ? buf_str(&all) : "none");
    return err_set(e, ERR_CONFIG, "'${%.80s}': unknown name '%.60s'%s", hole->path, word, hint);
}

static int members_check(const struct hole *hole, const struct template_root *root, struct err *e)
{
    size_t n = names_count(root->members);
    const char *name = hole->n_steps ? hole->steps[0].name : NULL;
    auto_buf all = BUF(1024);

    if (!n && !hole->n_steps)
        return 0;
    if (!n)
        return err_set(e, ERR_CONFIG, "'${%.80s}': '%s' is one value and has no members",
                       hole->path, root->name);
    names_join(root->members, n, &all);
    if (!name)
        return err_set(e, ERR_CONFIG, "'${%.80s}': use ${%s.NAME} with one of: %s", hole->path,
                       root->name, buf_str(&all));
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, root->members[i]) == 0)
            return 0;
    return name_unknown(hole, name, root->members, e);
}

static int hole_check(const struct hole *hole, const struct template_root *roots, struct err *e)
{
    const char *names[32] = { 0 };

    for (size_t i = 0; roots[i].name && i < COUNTOF(names) - 1; i++) {
        names[i] = roots[i].name;
        if (strcmp(hole->root, roots[i].name) == 0)
            return roots[i].members ? members_check(hole, &roots[i], e) : 0;
    }
    return name_unknown(hole, hole->root, names, e);
}

static int node_check(const struct node *node, const struct template_root *roots, struct err *e)
{
    for (size_t i = 0; node->kind == NODE_TEXT && i < node->n; i++)
        if (node->parts[i].hole && hole_check(node->parts[i].hole, roots, e) < 0)
            return -1;
    for (size_t i = 0; node->members && i < node->n; i++)
        if (node_check(&node->members[i], roots, e) < 0)
            return -1;
    return 0;
}

int template_check(const struct template *t, const struct template_root *roots, struct err *e)
{
    return node_check(&t->root, roots, e);
}

typedef void hole_fn(void *arg, const struct hole *hole);

static void node_each_hole(const struct node *node, hole_fn *fn, void *arg)
{
    for (size_t i = 0; node->kind == NODE_TEXT && i < node->n; i++)
        if (node->parts[i].hole)
            fn(arg, node->parts[i].hole);
    for (size_t i = 0; node->members && i < node->n; i++)
        node_each_hole(&node->members[i], fn, arg);
}

/* A caller's function of two texts, and its argument. */
struct visit {
    void (*fn)(void *arg, const char *root, const char *text);
    void *arg;
};

static void visit_path(void *arg, const struct hole *hole)
{
    const struct visit *v = arg;

    v->fn(v->arg, hole->root, hole->path);
}

static void visit_use(void *arg, const struct hole *hole)
{
    const struct visit *v = arg;
    bool named = hole->n_steps && hole->steps[0].kind == STEP_NAME;

    v->fn(v->arg, hole->root, named ? hole->steps[0].name : NULL);
}

void template_each_path(const struct template *t,
                        void (*fn)(void *arg, const char *root, const char *path), void *arg)
{
    struct visit v = { fn, arg };

    node_each_hole(&t->root, visit_path, &v);
}

void template_each_use(const struct template *t,
                       void (*fn)(void *arg, const char *root, const char *member), void *arg)
{
    struct visit v = { fn, arg };

    node_each_hole(&t->root, visit_use, &v);
}

void template_each_part(const struct template *t,
                        void (*fn)(void *arg, const char *literal, const char *path), void *arg)
{
    const struct node *node = &t->root;

    if (node->kind == NODE_LITERAL && json_is_string(node->literal)) {
        size_t n;
        fn(arg, exact_scalar(node->literal, &n), NULL);
    }
    for (size_t i = 0; node->kind == NODE_TEXT && i < node->n; i++)
        fn(arg, node->parts[i].literal, node->parts[i].hole ? node->parts[i].hole->path : NULL);
}
