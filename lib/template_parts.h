/* template_parts.h: the parts of a compiled template; shared by template*.c only. */
#ifndef FIFOQ_TEMPLATE_PARTS_H
#define FIFOQ_TEMPLATE_PARTS_H

#include "template.h"

enum {
    TEMPLATE_STEPS_MAX = 32,
    TEMPLATE_DEPTH_MAX = 64,
    TEMPLATE_NODES_MAX = 20000,
};
#define TEMPLATE_TEXT_MAX ((size_t)1 << 20)

enum step_kind { STEP_INDEX, STEP_NAME, STEP_FROM_JSON, STEP_TO_JSON };

/* [index], .name or ["name"], :fromjson, :tojson */
struct step {
    enum step_kind kind;
    char *name; /* STEP_NAME: the key in an exact tree; else NULL */
    size_t index;
};

struct hole {
    char *path; /* "a.b[0].c", as written */
    char *root;
    struct step *steps;
    size_t n_steps;
    json_t *fallback; /* an exact scalar; NULL: none */
};

/* literal text, or a hole */
struct part {
    char *literal;
    size_t n;
    struct hole *hole;
};

enum node_kind { NODE_LITERAL, NODE_TEXT, NODE_OBJECT, NODE_ARRAY };

struct node {
    enum node_kind kind;
    json_t *literal; /* an exact scalar */
    struct part *parts;
    char **keys; /* of an object */
    struct node *members;
    size_t n; /* of parts, or of members */
};

struct template
{
    struct node root;
};

/* Compiles text with holes into a node: NODE_LITERAL when there is no hole. */
CHECKED int template_parse(const char *text, size_t n, struct node *out, struct err *e);
void template_node_done(struct node *node);

#endif
