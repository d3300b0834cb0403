/* preflight_print.h: prints the findings of preflight as text and as JSON. */
#ifndef FIFOQ_PREFLIGHT_PRINT_H
#define FIFOQ_PREFLIGHT_PRINT_H

#include "pipeline/preflight.h"

#include <stdio.h>

/* Prints all findings as a table of at most 80 columns. */
void preflight_print_text(const struct preflight *p, FILE *to);
/* Prints only warnings and notes, each as a paragraph. */
void preflight_print_warnings(const struct preflight *p, FILE *to);
/* [{"check", "verdict", "text"}]; for the caller to free. */
json_t *preflight_json(const struct preflight *p);

#endif
