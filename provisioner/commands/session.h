/* session.h: what nearly every verb stands on: the configuration, who we are on AWS, the rows, the
 * package. */
#ifndef FIFOQ_SESSION_H
#define FIFOQ_SESSION_H

#include "engine/plan.h"
#include "options.h"
#include "package.h"
#include "pipeline.h"

struct session {
    const struct options *options;
    struct config config;
    struct http *http;
    struct aws aws;
    char *caller; /* its ARN */
    struct package package;
    struct pipeline pipeline;
    /* For plan_make and plan_apply. stop is Ctrl-C; ask_secret only answers that there will be a
     * value: who applies puts in a real one. */
    struct ctx ctx;
};

/* The stages of a session, each after the one before; session_done is right after any of them,
 * failed or not. s starts zeroed. */

/* Reads the configuration; prints all of its problems to stderr. */
CHECKED int session_config(struct session *s, const struct options *o, struct err *e);
/* Finds region and credentials, no request yet. ERR_CREDENTIALS when there are none, ERR_CONFIG
 * without a region. */
CHECKED int session_login(struct session *s, struct err *e);
/* Asks AWS who we are; ERR_REFUSED when the configuration names another account. Beside it the
 * package is made, when with_package. Fills ctx and the rows. */
CHECKED int session_identify(struct session *s, bool with_package, struct err *e);
/* All of them. */
CHECKED int session_open(struct session *s, const struct options *o, bool with_package,
                         struct err *e);

/* plan_make, and every row's own trouble on stderr beside the first, which is in *e. */
CHECKED int session_plan(const struct session *s, bool removal, struct plan *p, struct err *e);

void session_done(struct session *s);

#define auto_session __attribute__((cleanup(session_done))) struct session
#define auto_plan    __attribute__((cleanup(plan_done))) struct plan

#endif
