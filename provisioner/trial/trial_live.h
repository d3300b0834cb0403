/*
 * trial_live.h: what only a request can show: `check --live` gets a token, connects, and sends each
 * destination's own harmless request, all with the runtime's code (runtime/try.h).
 */
#ifndef FIFOQ_TRIAL_TRIAL_LIVE_H
#define FIFOQ_TRIAL_TRIAL_LIVE_H

#include "aws.h"
#include "config/config.h"

enum live_verdict { LIVE_WORKS, LIVE_FAILED, LIVE_UNTRIED };

struct live_finding {
    const char *destination; /* borrowed from the configuration */
    char what[24];           /* "token", "request", "connection", "secret" */
    enum live_verdict verdict;
    char *text;
};

struct live {
    struct live_finding *list; /* by destination, in the order asked */
    size_t n;
};

/*
 * Checks every destination, several at a time. Values are read from variables and files; the others
 * are read, decrypted, from the Parameter Store with aws (NULL: they are missing). -1:
 * ERR_INTERRUPTED when stop said so, or the errors of secret_get and http_new. *out needs live_done
 * in either case. It holds no value.
 */
CHECKED int trial_live(const struct config *c, struct aws *aws, bool (*stop)(void),
                       struct live *out, struct err *e);
void live_done(struct live *l);

bool live_failed(const struct live *l); /* any of them */
/* "ok", "failed", "unknown" */
const char *live_word(enum live_verdict v);

#endif
