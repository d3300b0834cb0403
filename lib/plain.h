/* plain.h: text from elsewhere, made fit to be shown. */
#ifndef FIFOQ_PLAIN_H
#define FIFOQ_PLAIN_H

#include <stdbool.h>

/* In place, never longer: what steers a terminal or turns lines around becomes '?': control
 * characters (C0, DEL, C1), bidirectional and invisible ones, line and paragraph separators, and
 * what is not UTF-8. Line breaks and tabs are blanks, or, with lines, line breaks stay. */
void text_plain(char *text, bool lines);

#endif
