/* exit_code.h: the exit statuses; docs/reference/commands.md lists the same. */
#ifndef FIFOQ_COMMANDS_EXIT_CODE_H
#define FIFOQ_COMMANDS_EXIT_CODE_H

#include "err.h"

enum exit_code {
    EXIT_DONE = 0,       /* done, or nothing differs */
    EXIT_FAILED = 1,     /* failed */
    EXIT_DIFFERS = 2,    /* drift, and plan --detailed-exitcode: differences were found */
    EXIT_UNREADABLE = 3, /* drift: some resources could not be read, so drift may be hidden */
    EXIT_REFUSED = 4,    /* refused, to protect something: messages, resources of others, another
                            account, a lock */
    EXIT_BAD_USAGE = 64, /* the command line or the configuration is wrong */
    EXIT_INTERRUPTED =
        130, /* the user interrupted it; the last line says what was done and what is left */
};

/* The exit status for an error. */
enum exit_code exit_code_of(enum err_code code);

#endif
