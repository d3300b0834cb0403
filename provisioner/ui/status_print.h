/* status_print.h: prints a pipeline's status in a few lines: its rows, queued messages and next
 * runs. */
#ifndef FIFOQ_STATUS_PRINT_H
#define FIFOQ_STATUS_PRINT_H

#include "config/config.h"
#include "engine/plan.h"

#include <stdio.h>

/* p: a fresh plan. */
void status_print_text(const struct plan *p, const struct config *c, int64_t now_ms, FILE *to);
/* {"version", "pipeline", "rows", "different", "queues", "schedules"}; for the caller to free. */
json_t *status_json(const struct plan *p, const struct config *c, int64_t now_ms);

#endif
