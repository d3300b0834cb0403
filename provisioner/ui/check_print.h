/* check_print.h: prints a configuration's names, parameters with their sources, and schedules with
 * their next times. */
#ifndef FIFOQ_CHECK_PRINT_H
#define FIFOQ_CHECK_PRINT_H

#include "config/config.h"

#include <stdio.h>

void check_print_text(const struct config *c, int64_t now_ms, FILE *to);
/* Prints one line: the schedule's name and next time. */
void check_print_next(const struct config_schedule *s, int64_t now_ms, FILE *to);
json_t *check_json(const struct config *c, int64_t now_ms); /* for the caller to free */

#endif
