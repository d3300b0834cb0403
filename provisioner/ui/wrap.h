/* wrap.h: paragraphs for the terminal. */
#ifndef FIFOQ_WRAP_H
#define FIFOQ_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* A paragraph of at most 80 columns that begins at column `indent`, and so do its other lines. */
void print_wrapped(const char *text, size_t indent, FILE *to);
/* The same on one paragraph, where a word longer than the line is folded. */
void print_folded(const char *text, size_t indent, FILE *to);

#endif
