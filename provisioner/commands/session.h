/* session.h: what nearly every verb stands on: the configuration, who we are on AWS, the rows, the
 * package. */
#ifndef FIFOQ_SESSION_H
#define FIFOQ_SESSION_H

#include "commands/options.h"
#include "engine/plan.h"
#include "identity/identity.h"
#include "kinds/package.h"
#include "pipeline/pipeline.h"
#include "pipeline/preflight.h"

struct session {
    const struct options *options;
    struct config config;
    struct shared_config *files; /* AWS's own */
    struct identity *identity;
    struct http *http;
    struct aws aws;
    struct aws_rates *rates; /* of aws */
    char *caller;            /* its ARN */
    const char *region_from; /* "option", "configuration", the variable's name, "profile" */
    struct package package;
    struct role_names roles;
    struct pipeline pipeline;
    /* For plan_make and plan_apply. stop is Ctrl-C; ask_secret only answers that there will be a
     * value: who applies puts in a real one. */
    struct ctx ctx;
    bool without_roles; /* set before session_identify where no row is read */
    /* Set ask_limits before session_identify for what preflight wants to know beside the plan. */
    bool ask_limits;
    struct account_limits limits;
    struct err limits_err; /* why they are not known; code ERR_OK: they are */
};

/* The stages of a session, each after the one before; session_done is right after any of them,
 * failed or not. s starts zeroed. */

/* Reads the configuration; prints all of its problems to stderr. */
CHECKED int session_config(struct session *s, const struct options *o, struct err *e);
/* The same where a verb can do without: when no file was asked for and fifoq.yaml is not there, the
 * configuration stays empty. */
CHECKED int session_config_if_any(struct session *s, const struct options *o, struct err *e);
/* --region, the configuration, AWS_REGION, AWS_DEFAULT_REGION, the profile: the caller's, or NULL.
 * *from: which of them, as in struct session. */
char *session_region(const struct session *s, const char **from);
/* Finds region and credentials, no request yet. ERR_CREDENTIALS when there are none (the client is
 * good for names and endpoints then), ERR_CONFIG without a region. The client then calls what
 * permissions.h lists for the verb, nothing else. */
CHECKED int session_login(struct session *s, struct err *e);
/* Asks AWS who we are; ERR_REFUSED when the configuration names another account. Beside it the
 * package is made, when with_package. Fills ctx and the rows. */
CHECKED int session_identify(struct session *s, bool with_package, struct err *e);
/* All of them. */
CHECKED int session_open(struct session *s, const struct options *o, bool with_package,
                         struct err *e);

/* All of them, with the package, and a client that refuses whatever is not a read. */
CHECKED int session_open_read_only(struct session *s, const struct options *o, struct err *e);

/* plan_make, and every row's own trouble on stderr beside the first, which is in *e. */
CHECKED int session_plan(const struct session *s, bool removal, struct plan *p, struct err *e);

/* The checks before the first write, after session_plan, whatever that said; *out is freed by
 * preflight_done. */
void session_preflight(const struct session *s, const struct plan *p, struct preflight *out);

void session_done(struct session *s);

#define auto_session   __attribute__((cleanup(session_done))) struct session
#define auto_preflight __attribute__((cleanup(preflight_done))) struct preflight
#define auto_plan      __attribute__((cleanup(plan_done))) struct plan

#endif
