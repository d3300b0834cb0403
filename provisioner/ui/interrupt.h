/* interrupt.h: Ctrl-C as a flag: the first asks to stop, the second ends the program at once. */
#ifndef FIFOQ_INTERRUPT_H
#define FIFOQ_INTERRUPT_H

#include <stdbool.h>

/* SIGINT, SIGTERM and SIGHUP set the flag from now on, but for those that are ignored already. The
 * second one ends the program with `status`. */
void interrupt_setup(int status);
/* For a verb that has its own way of ending at once, in place of a last line and that status.
 * Called from the signal handler. */
void interrupt_second(void (*hurry)(void));
/* What the second one says before it ends the program: one line with its break, static. */
void interrupt_last_words(const char *line);
bool interrupted(void);

#endif
