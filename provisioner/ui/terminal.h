/* terminal.h: terminal detection, colour, width, and prompts. */
#ifndef FIFOQ_TERMINAL_H
#define FIFOQ_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum color { COLOR_NONE, COLOR_GREEN, COLOR_YELLOW, COLOR_RED, COLOR_DIM, COLOR_BOLD };

/* Reads NO_COLOR (https://no-color.org) and TERM once. */
void terminal_setup(bool no_color);

/* True for a terminal with cursor movement; false for a file, a pipe and TERM=dumb. */
bool terminal_live(FILE *f);
bool terminal_color(FILE *f);
int terminal_columns(FILE *f); /* 80 when unknown */
int terminal_rows(FILE *f);    /* 24 when unknown */

/* The escape sequence, or "" without colour. */
const char *color_on(FILE *f, enum color c);
const char *color_off(FILE *f);

/* Prints a line; on a terminal it breaks only between words and indents the next line. */
void terminal_say(FILE *to, const char *text);

/* Asks on stderr and reads a line from standard input: true for y or yes; false for other answers
 * and after Ctrl-C. */
bool terminal_confirm(const char *question);
/* True if stdin and stderr are terminals, so that the user can be asked. */
bool terminal_asks(void);
/* Prompts for parameter `name` without echo: a new string, to be freed with free_cleansed, or NULL
 * without an answer. */
char *terminal_secret(const char *name);
/* The same for any question, such as "MFA code for 'DEVICE'"; uses the process's terminal if the
 * streams are redirected. */
char *terminal_code(const char *question);
/* Restores echo if a prompt has switched it off. Safe in a signal handler. */
void terminal_restore(void);

/* "0.41 s", "2.5 s", "12 s", "3 min 5 s"; out has ELAPSED_TEXT bytes. */
enum { ELAPSED_TEXT = 32 };
void elapsed_text(int64_t ms, char *out);

#endif
