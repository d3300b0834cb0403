/* foreign_mappings.h: event source mappings that others hung onto a function or a queue of ours. */
#ifndef FIFOQ_FOREIGN_MAPPINGS_H
#define FIFOQ_FOREIGN_MAPPINGS_H

#include "kinds/kind.h"

/* UUID -> the mapping's `shown` member ("EventSourceArn", "FunctionArn"), without those on their
 * way out and those that is_ours says yes to; the caller's. reply: of ListEventSourceMappings. */
json_t *foreign_mappings(const json_t *reply, const char *shown,
                         bool (*is_ours)(const void *arg, const json_t *mapping), const void *arg);

/* Deletes each of an object that foreign_mappings made, and waits until it is gone; so is one that
 * went meanwhile. name: of the row, for messages. */
CHECKED int foreign_mappings_delete(const struct ctx *c, const char *name, const json_t *mappings,
                                    struct err *e);

/* The tags of a mapping as AWS described it; *out is the caller's. In kinds/event_source.c. */
CHECKED int mapping_tags(const struct ctx *c, const char *name, const json_t *mapping, json_t **out,
                         struct err *e);

#endif
