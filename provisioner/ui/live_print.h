/* live_print.h: prints the results of `check --live`. */
#ifndef FIFOQ_LIVE_PRINT_H
#define FIFOQ_LIVE_PRINT_H

#include "trial/trial_live.h"

#include <stdio.h>

void live_print_text(const struct live *l, FILE *to);
json_t *live_json(const struct live *l); /* for the caller to free */

#endif
