/* function_extras.h: what others may hang onto a function: mappings, aliases, a URL. */
#ifndef FIFOQ_FUNCTION_EXTRAS_H
#define FIFOQ_FUNCTION_EXTRAS_H

#include "kinds/kind.h"

enum { FUNCTION_EXTRAS = 3 };

/* The requests that find them, into asks; they go out beside the function's own. */
void function_extras_ask(const struct row *r, struct aws_ask *asks);
/* Their answers as EventSourceMappings, Aliases and FunctionUrlConfig of have. */
CHECKED int function_extras_take(const struct row *r, const struct aws_ask *asks, json_t *have,
                                 struct err *e);
void function_extras_want(json_t *want); /* none of them */
/* Appends the tags of each mapping of a table's stream to the function to out, an array. asks: as
 * function_extras_ask filled them, answered. */
CHECKED int stream_mapping_tags(const struct ctx *c, const struct row *r,
                                const struct aws_ask *asks, json_t *out, struct err *e);
CHECKED int function_extras_remove(const struct ctx *c, const struct row *r, const struct state *s,
                                   const json_t *delta, struct err *e);

#endif
