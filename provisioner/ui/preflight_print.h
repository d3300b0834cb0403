/* preflight_print.h: what preflight found, as text and as JSON. */
#ifndef FIFOQ_PREFLIGHT_PRINT_H
#define FIFOQ_PREFLIGHT_PRINT_H

#include "pipeline/preflight.h"

#include <stdio.h>

/* All of it as a table of at most 80 columns. */
void preflight_print_text(const struct preflight *p, FILE *to);
/* Only warnings and notes, a paragraph each. */
void preflight_print_warnings(const struct preflight *p, FILE *to);
/* [{"check", "verdict", "text"}]; the caller's. */
json_t *preflight_json(const struct preflight *p);

#endif
