/* consents.h: what the user may agree to that concerns single kinds. */
#ifndef FIFOQ_KINDS_CONSENTS_H
#define FIFOQ_KINDS_CONSENTS_H

#include "kinds/kind.h"

enum {
    CONSENT_SWITCH_STREAM = CONSENT_KINDS << 0, /* a stream may be given up for another one, unread
                                                   records and all */
    CONSENT_DELETE_TABLE = CONSENT_KINDS << 1,  /* removal deletes a table that fifoq made */
    CONSENT_DROP_MESSAGES = CONSENT_KINDS << 2, /* removal deletes queues although messages are in
                                                   them */
};

#endif
