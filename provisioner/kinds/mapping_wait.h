/* mapping_wait.h: the states of an event source mapping, and waiting for the end of a change. */
#ifndef FIFOQ_MAPPING_WAIT_H
#define FIFOQ_MAPPING_WAIT_H

#include "kinds/kind.h"

#define MAPPING_SEEN_MS 30000 /* until a read shows what was just made */

bool mapping_has(const json_t *mapping, const char *key, const char *value); /* this text */
bool mapping_is_disabled(const json_t *mapping);                             /* or about to be */
/* LastProcessingResult where it says that something is wrong, borrowed; NULL: all is well. */
const char *mapping_problem(const json_t *mapping);
/* ERR_AWS where there is one. For new mappings: after an update it may be of the time before. */
CHECKED int mapping_check_works(const struct row *r, const json_t *mapping, struct err *e);

/*
 * Waits until the mapping's state is no longer in transit, or until it is gone when it is being
 * deleted; one that was just made may not be seen at first. name: of the row, for messages.
 * mapping: the latest answer, taken over; *out (may be NULL) is the caller's. ERR_TIMEOUT,
 * ERR_INTERRUPTED as kind_pause.
 */
CHECKED int mapping_settle(const struct ctx *c, const char *name, json_t *mapping, json_t **out,
                           struct err *e);
/* The same; ERR_AWS where it ends up disabled. */
CHECKED int mapping_settle_enabled(const struct ctx *c, const struct row *r, json_t *mapping,
                                   json_t **out, struct err *e);

/* Deletes it and waits until it is gone; so is one that went meanwhile. name: of the row, for
 * messages. */
CHECKED int mapping_delete(const struct ctx *c, const char *name, const char *uuid, struct err *e);

#endif
