/* terminal.h: what the streams are connected to, colour, width, and asking the user. */
#ifndef FIFOQ_TERMINAL_H
#define FIFOQ_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum color { COLOR_NONE, COLOR_GREEN, COLOR_YELLOW, COLOR_RED, COLOR_DIM, COLOR_BOLD };

/* Looks at the environment once: NO_COLOR (https://no-color.org), TERM. */
void terminal_setup(bool no_color);

/* A terminal that understands cursor movement; false for a file, a pipe and TERM=dumb. */
bool terminal_live(FILE *f);
bool terminal_color(FILE *f);
int terminal_columns(FILE *f); /* 80 when unknown */
int terminal_rows(FILE *f);    /* 24 when unknown */

/* The escape sequence, or "" where there is no colour. */
const char *color_on(FILE *f, enum color c);
const char *color_off(FILE *f);

/* A line of words; on a terminal it breaks between words, never within one, and goes on indented.
 */
void terminal_say(FILE *to, const char *text);

/* Asks on stderr and reads a line from standard input: true for y or yes. False when the user says
 * anything else, and when Ctrl-C ends the wait. */
bool terminal_confirm(const char *question);
/* There is somebody to ask. */
bool terminal_asks(void);
/* Asks for parameter `name` without showing what is typed: a new string to be freed by
 * free_cleansed, or NULL when none is given. */
char *terminal_secret(const char *name);
/* The same for any question, "MFA code of 'DEVICE'"; when the streams are redirected, on the
 * terminal that the process belongs to. */
char *terminal_code(const char *question);
/* Shows again what is typed, should terminal_secret be at it. Also from a signal handler. */
void terminal_restore(void);

/* "0.41 s", "2.5 s", "12 s", "3 min 5 s"; out takes 32 bytes. */
#define ELAPSED_TEXT 32
void elapsed_text(int64_t ms, char *out);

#endif
