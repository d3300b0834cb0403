/* help.h: help, usage and the manual, generated from the tables of verbs and options. */
#ifndef FIFOQ_COMMANDS_HELP_H
#define FIFOQ_COMMANDS_HELP_H

#include "commands/verb.h"

#include <stdio.h>

void help_short(FILE *to);                      /* the commands, one line each */
void help_verb(const struct verb *v, FILE *to); /* one command with its options */
void help_markdown(FILE *to);                   /* docs/reference/commands.md */
void help_man(FILE *to);                        /* fifoq.1 */

#endif
