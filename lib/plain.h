/* plain.h: makes text from elsewhere safe to show. */
#ifndef FIFOQ_PLAIN_H
#define FIFOQ_PLAIN_H

#include <stdbool.h>

/* In place, never longer: what controls a terminal or reorders lines becomes '?': control
 * characters (C0, DEL, C1), bidirectional and invisible ones, line and paragraph separators, and
 * invalid UTF-8. Line breaks and tabs become spaces, or, with lines, line breaks stay. */
void text_plain(char *text, bool lines);

#endif
