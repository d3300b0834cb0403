/* warm.h: what is done before the first invocation. Lambda gives a process a whole processor until
 * then, and afterwards a share by its memory: a fourteenth with 128 MB. */
#ifndef FIFOQ_WARM_H
#define FIFOQ_WARM_H

#include "parameters.h"

/*
 * Connects to SQS, where that takes a TLS handshake, and fetches the parameters (NULL: there are
 * none), side by side, within two seconds. What fails is done by the invocation.
 */
void warm_up(struct aws *aws, struct parameters *parameters);

#endif
