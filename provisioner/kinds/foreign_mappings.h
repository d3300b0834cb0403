/* foreign_mappings.h: event source mappings that others added to a function or queue of ours. */
#ifndef FIFOQ_FOREIGN_MAPPINGS_H
#define FIFOQ_FOREIGN_MAPPINGS_H

#include "kinds/kind.h"

/* A new object: UUID -> the mapping's `shown` member ("EventSourceArn", "FunctionArn"), without
 * mappings that are being deleted or that is_ours accepts. reply: of ListEventSourceMappings. */
json_t *foreign_mappings(const json_t *reply, const char *shown,
                         bool (*is_ours)(const void *arg, const json_t *mapping), const void *arg);

/* Deletes each mapping of an object from foreign_mappings and waits until it is gone; one that does
 * not exist is success. name: of the row, for messages. */
CHECKED int foreign_mappings_delete(const struct ctx *c, const char *name, const json_t *mappings,
                                    struct err *e);

/* Reads the tags of a mapping; *out is a new reference. In kinds/event_source.c. */
CHECKED int mapping_tags(const struct ctx *c, const char *name, const json_t *mapping, json_t **out,
                         struct err *e);

#endif
