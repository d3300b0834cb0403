/* aws_call.h: one call to one action, and whether an action only reads. */
#ifndef FIFOQ_AWS_CALL_H
#define FIFOQ_AWS_CALL_H

#include "aws.h"

#include <signal.h>

/*
 * params may be NULL (no members); it is only read. *reply is the caller's, an empty object when
 * the answer has no body; reply may be NULL. On failure: ERR_NOT_FOUND for the codes that mean it,
 * ERR_CREDENTIALS for missing, wrong or expired ones, ERR_AWS, ERR_NET, ERR_TIMEOUT,
 * ERR_INTERRUPTED when a->stop said true before the first attempt. The message starts with
 * "service:Action"; e->aws_code, e->status and e->request_id are set where AWS gave them.
 */
CHECKED int aws_call(struct aws *a, const struct aws_service *s, const char *action,
                     const json_t *params, json_t **reply, struct err *e);

/* How one call differs from its client's others; zeroed: not at all. */
struct aws_how {
    long timeout_ms;                   /* the least per attempt (long polls) */
    int64_t deadline_ms;               /* instead of the client's; 0: the client's */
    const volatile sig_atomic_t *stop; /* once it is not 0, no attempt begins; NULL: never */
    int max_attempts;                  /* instead of the client's, without patience; 0: the
                                          client's */
    bool impatient;                    /* RETRY_PROPAGATION is not retried: the caller waits */
    /* The parameters, already written as the action's body: JSON; params is NULL then. */
    const char *body;
    size_t body_len;
    bool finish; /* the client's stop is ignored: what was begun is finished. Only the patience with
                    throttles ends */
};

/* aws_call with these differences; also ERR_INTERRUPTED once *how->stop is set. */
CHECKED int aws_call_how(struct aws *a, const struct aws_service *s, const char *action,
                         const json_t *params, const struct aws_how *how, json_t **reply,
                         struct err *e);

/* True when the action only reads (table in lib/aws_actions.c; unknown actions do not). */
bool aws_action_reads(const struct aws_service *s, const char *action);
/* The same of a whole call: one that asks for a decrypted secret does not only read. */
bool aws_call_reads(const struct aws_service *s, const char *action, const json_t *params);

#endif
