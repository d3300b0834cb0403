/* status_print.h: how a pipeline is doing, in a few lines: its rows, what waits, the next runs. */
#ifndef FIFOQ_STATUS_PRINT_H
#define FIFOQ_STATUS_PRINT_H

#include "config/config.h"
#include "engine/plan.h"

#include <stdio.h>

/* p: a plan just made. */
void status_print_text(const struct plan *p, const struct config *c, int64_t now_ms, FILE *to);
/* {"version", "pipeline", "rows", "different", "queues", "schedules"}; the caller's. */
json_t *status_json(const struct plan *p, const struct config *c, int64_t now_ms);

#endif
