/* process_id.h: a name for this process that tells whether it still runs, here and later. */
#ifndef FIFOQ_ENGINE_PROCESS_ID_H
#define FIFOQ_ENGINE_PROCESS_ID_H

#include <stdbool.h>

/*
 * Names the machine's boot, the process-number space, the number and the start of this process:
 * proc(5). The caller's; "" where /proc does not say.
 */
char *process_id(void);

/* True only when id was made on this machine, since it last started, among the processes that we
 * see, and the process is no more. */
bool process_ended(const char *id);

#endif
