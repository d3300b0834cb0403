/* check_print.h: what a configuration comes to: names, parameters and their sources, schedules with
 * their next times. */
#ifndef FIFOQ_CHECK_PRINT_H
#define FIFOQ_CHECK_PRINT_H

#include "config/config.h"

#include <stdio.h>

void check_print_text(const struct config *c, int64_t now_ms, FILE *to);
/* One line: its name and next time. */
void check_print_next(const struct config_schedule *s, int64_t now_ms, FILE *to);
json_t *check_json(const struct config *c, int64_t now_ms); /* the caller's */

#endif
