/* process_id.h: an identifier that tells later whether its process still runs. */
#ifndef FIFOQ_ENGINE_PROCESS_ID_H
#define FIFOQ_ENGINE_PROCESS_ID_H

#include <stdbool.h>

/*
 * Identifies this process by the machine's boot, the PID namespace, the PID and the start time:
 * proc(5). The caller frees it; "" if /proc cannot be read.
 */
char *process_id(void);

/* True only if id is of this machine, boot and PID namespace, and the process has exited. */
bool process_ended(const char *id);

#endif
