/* exit_code.h: what the command's exit status says; docs/reference/commands.md lists the same. */
#ifndef FIFOQ_COMMANDS_EXIT_CODE_H
#define FIFOQ_COMMANDS_EXIT_CODE_H

#include "err.h"

enum exit_code {
    EXIT_DONE = 0,    /* done, or nothing differs */
    EXIT_FAILED = 1,  /* failed */
    EXIT_DIFFERS = 2, /* drift, and plan --detailed-exitcode: there are differences */
    EXIT_UNREADABLE =
        3, /* drift: some things could not be read, so that nothing differs cannot be said */
    EXIT_REFUSED =
        4, /* refused to protect something: messages, what is not ours, another account, a lock */
    EXIT_BAD_USAGE = 64, /* the command line or the configuration is wrong */
    EXIT_INTERRUPTED =
        130, /* the user stopped it; the last line says what was done and what was left */
};

/* The exit status that an error leads to. */
enum exit_code exit_code_of(enum err_code code);

#endif
