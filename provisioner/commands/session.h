/* session.h: what nearly every verb needs: the configuration, the AWS identity, the rows, the
 * package. */
#ifndef FIFOQ_SESSION_H
#define FIFOQ_SESSION_H

#include "commands/clients.h"
#include "commands/options.h"
#include "engine/plan.h"
#include "kinds/package.h"
#include "pipeline/pipeline.h"
#include "pipeline/preflight.h"

struct session {
    const struct options *options;
    struct config config;
    /* Set file and environment, or leave them NULL for those of the options; set clients to share
     * them with other sessions, or leave it NULL. */
    const char *file, *environment;
    struct clients *clients, *own_clients;
    struct client *client;   /* borrowed from them */
    struct aws *aws;         /* the client's; before session_login NULL */
    struct aws_memo *memo;   /* what session_identify asked, for the first plan */
    const char *region_from; /* "option", "configuration", the variable's name, "profile" */
    struct hold *hold;       /* the pipeline's lock: commands/hold.h */
    struct package package;
    struct role_names roles;
    struct pipeline pipeline;
    /* For plan_make and plan_apply. stop is Ctrl-C; ask_secret returns a placeholder: a verb that
     * applies sets a real one. */
    struct ctx ctx;
    bool without_roles; /* set before session_identify if no row is read */
    /* Set ask_limits before session_identify for the limits that preflight needs. */
    bool ask_limits;
    struct account_limits limits;
    struct err limits_err; /* why they are unknown; code ERR_OK: known */
};

/* The stages of a session, in this order. s starts zeroed. Call session_done after any of them,
 * failed or not. */

/* Reads the configuration; prints all of its problems to stderr. */
CHECKED int session_config(struct session *s, const struct options *o, struct err *e);
/* The same for a verb that needs no configuration: it stays empty when no file was given and
 * fifoq.yaml does not exist. */
CHECKED int session_config_if_any(struct session *s, const struct options *o, struct err *e);
/* From --region, the configuration, AWS_REGION, AWS_DEFAULT_REGION or the profile; for the caller
 * to free, or NULL. *from: which of them, like in struct session. */
char *session_region(const struct session *s, const char **from);
/* Finds region and credentials; no request to the pipeline's services yet. ERR_CREDENTIALS without
 * credentials (the client then still knows names and endpoints), ERR_CONFIG without a region. The
 * client may call only what permissions.h lists for the verb. */
CHECKED int session_login(struct session *s, struct err *e);
/* Asks AWS for the account; ERR_REFUSED when the configuration names another one. Makes the package
 * in parallel if with_package. Fills ctx and the rows. */
CHECKED int session_identify(struct session *s, bool with_package, struct err *e);
/* All stages. */
CHECKED int session_open(struct session *s, const struct options *o, bool with_package,
                         struct err *e);

/* All stages, with the package, and a client that refuses every action that is not a read. */
CHECKED int session_open_read_only(struct session *s, const struct options *o, struct err *e);

/* plan_make; *e holds the first row's error, the others are printed to stderr. */
CHECKED int session_plan(const struct session *s, bool removal, struct plan *p, struct err *e);

/* The same with plan_again, under the lock. */
CHECKED int session_plan_again(const struct session *s, const struct plan *before, struct plan *p,
                               struct err *e);

/* The checks before the first write; call it after session_plan, even if that failed. The caller
 * frees *out with preflight_done. */
void session_preflight(const struct session *s, const struct plan *p, struct preflight *out);

void session_done(struct session *s);

#define auto_session   __attribute__((cleanup(session_done))) struct session
#define auto_preflight __attribute__((cleanup(preflight_done))) struct preflight
#define auto_plan      __attribute__((cleanup(plan_done))) struct plan

#endif
