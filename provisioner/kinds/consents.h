/* consents.h: consents of the user that concern single kinds. */
#ifndef FIFOQ_KINDS_CONSENTS_H
#define FIFOQ_KINDS_CONSENTS_H

#include "kinds/kind.h"

enum {
    CONSENT_SWITCH_STREAM = CONSENT_KINDS
                            << 0, /* a stream may be replaced, unread records are lost */
    CONSENT_DELETE_TABLE = CONSENT_KINDS << 1,  /* removal deletes a table that fifoq created */
    CONSENT_DROP_MESSAGES = CONSENT_KINDS << 2, /* removal deletes queues that hold messages */
};

#endif
