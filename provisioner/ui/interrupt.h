/* interrupt.h: the first Ctrl-C sets a flag, the second ends the program immediately. */
#ifndef FIFOQ_INTERRUPT_H
#define FIFOQ_INTERRUPT_H

#include <stdbool.h>

/* Makes SIGINT, SIGTERM and SIGHUP set the flag, except those that are already ignored. The second
 * signal exits with `status`. */
void interrupt_setup(int status);
/* hurry runs at the second signal, in the signal handler, instead of the last line and the exit. */
void interrupt_second(void (*hurry)(void));
/* The line that the second signal prints before the exit: with its line break, static. */
void interrupt_last_words(const char *line);
bool interrupted(void);

#endif
