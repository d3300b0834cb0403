/* function_extras.h: what others may add to a function: mappings, aliases, a URL. */
#ifndef FIFOQ_FUNCTION_EXTRAS_H
#define FIFOQ_FUNCTION_EXTRAS_H

#include "aws_pages.h"
#include "kinds/kind.h"

enum { FUNCTION_EXTRAS = 3 };

/* Fills asks with the requests that find them, to be sent along with the function's own. */
void function_extras_ask(const struct row *r, struct aws_ask *asks);
/* Puts the answers into have as EventSourceMappings, Aliases and FunctionUrlConfig. */
CHECKED int function_extras_take(const struct row *r, const struct aws_ask *asks, json_t *have,
                                 struct err *e);
void function_extras_want(json_t *want); /* wants none of them */
/* Appends to out, an array, the tags of each mapping from a table's stream to the function. asks:
 * of function_extras_ask, answered. */
CHECKED int stream_mapping_tags(const struct ctx *c, const struct row *r,
                                const struct aws_ask *asks, json_t *out, struct err *e);
CHECKED int function_extras_remove(const struct ctx *c, const struct row *r, const struct state *s,
                                   const json_t *delta, struct err *e);

#endif
