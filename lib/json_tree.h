/* json_tree.h: jansson's trees from text; for json.c and exact.c. */
#ifndef FIFOQ_JSON_TREE_H
#define FIFOQ_JSON_TREE_H

#include <jansson.h>
#include <stdbool.h>

enum json_tree_numbers {
    JSON_TREE_TYPED,  /* integers and reals, as jansson's */
    JSON_TREE_MARKED, /* an exact tree (json.h) */
};

/* Any value; the caller's. NULL: invalid; *bad_number: at a value that is a malformed number, or
 * one that jansson's types cannot hold. U+0000 in a name becomes U+FFFD. The last of several
 * members of one name counts. */
json_t *json_tree(const char *text, size_t n, enum json_tree_numbers numbers, bool *bad_number);

#endif
