/* ynode.h: a YAML document as a tree that keeps each scalar's text and every place. */
#ifndef FIFOQ_YNODE_H
#define FIFOQ_YNODE_H

#include "config/problems.h"

enum ynode_kind { YNODE_SCALAR, YNODE_LIST, YNODE_MAP };

struct ynode {
    enum ynode_kind kind;
    struct place at;
    char *text; /* of a scalar, as written; NUL-free */
    bool plain; /* a scalar without quotes */
    struct ymember *members;
    size_t n;
};

/* An element of a list (key NULL) or a member of a map. */
struct ymember {
    char *key;
    struct place at; /* of the key; of the value in a list */
    struct ynode *value;
};

/* The meaning of an unquoted scalar to YAML readers. */
enum yscalar {
    YSCALAR_TEXT,
    YSCALAR_NULL,
    YSCALAR_TRUE,
    YSCALAR_FALSE,
    YSCALAR_NUMBER,    /* a JSON number */
    YSCALAR_AMBIGUOUS, /* yes, no, on, off: booleans in YAML 1.1, text in 1.2 */
    YSCALAR_ODD, /* 007, 0x1f, +5, 1_000, .5, .inf: numbers to some readers, or other numbers than
                    they look */
};
enum yscalar ynode_scalar(const struct ynode *node); /* quoted scalars are text */

void ynode_free(struct ynode *node);
struct ynode *ynode_copy(const struct ynode *node);
/* Borrowed; NULL: not found (or node is not a map, or NULL). */
struct ymember *ynode_member(const struct ynode *node, const char *key);
void ynode_add(struct ynode *node, const char *key, struct place at,
               struct ynode *value); /* takes over value */
/* Merges over's members into base: maps deeply, everything else replaces. Copies. */
void ynode_merge(struct ynode *base, const struct ynode *over);

/* Reads one document; problems are added to r, and NULL is returned when the tree could not be
 * built. *out may be usable despite problems (duplicate keys: the first stays). The caller frees.
 */
/* A JSON document with \u pairs in YAML's form; NULL: it needs no change, or is not JSON. The
 * caller's. */
char *yaml_of_json(const char *text, size_t n);
struct ynode *yaml_read(const char *text, size_t n, struct report *r);

#endif
