/* mapping_wait.h: the states of an event source mapping, and waiting for a change to finish. */
#ifndef FIFOQ_MAPPING_WAIT_H
#define FIFOQ_MAPPING_WAIT_H

#include "kinds/kind.h"

enum { MAPPING_SEEN_MS = 30000 }; /* until a read shows a new mapping or stream */

bool mapping_has(const json_t *mapping, const char *key, const char *value); /* equals this text */
bool mapping_is_disabled(const json_t *mapping);                             /* or Disabling */
/* LastProcessingResult if it reports a problem, borrowed; NULL: it works. */
const char *mapping_problem(const json_t *mapping);
/* ERR_AWS for a problem. Only for new mappings: after an update the result may be an earlier one.
 */
CHECKED int mapping_check_works(const struct row *r, const json_t *mapping, struct err *e);

/*
 * Waits until the mapping's state is stable, or until a mapping that is being deleted is gone. A
 * new mapping may not show at first. name: of the row, for messages. mapping: the latest response,
 * owned from here; *out (may be NULL): a new reference. ERR_TIMEOUT, ERR_INTERRUPTED as kind_pause.
 */
CHECKED int mapping_settle(const struct ctx *c, const char *name, json_t *mapping, json_t **out,
                           struct err *e);
/* The same; ERR_AWS if AWS disables the mapping. */
CHECKED int mapping_settle_enabled(const struct ctx *c, const struct row *r, json_t *mapping,
                                   json_t **out, struct err *e);

/* Deletes a mapping and waits until it is gone; one that does not exist is success. name: of the
 * row, for messages. */
CHECKED int mapping_delete(const struct ctx *c, const char *name, const char *uuid, struct err *e);

#endif
