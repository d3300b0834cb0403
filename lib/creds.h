/* creds.h: AWS credentials from a table of providers, asked in order. */
#ifndef FIFOQ_CREDS_H
#define FIFOQ_CREDS_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>
#include <stdint.h>

struct creds {
    char *key_id, *secret, *token; /* token: NULL when there is none */
    int64_t expires_ms;            /* wall clock; 0: does not expire */
    const char *provider;          /* its name, static */
};

void creds_done(struct creds *c); /* cleanses and frees; zeroed is fine */
/* The same key, secret and token; expiry and provider are ignored. */
bool creds_same(const struct creds *a, const struct creds *b);

/* 1: found, *out filled; 0: does not apply here (e->msg says why in one line: it is shown when
 * nothing applies); -1: applies but is broken, which ends the search. */
typedef int creds_provider_fn(void *arg, struct creds *out, struct err *e);

struct creds_provider {
    const char *name;
    creds_provider_fn *get;
};

/* "env": AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. */
int creds_from_environment(void *arg, struct creds *out, struct err *e);

/* Asks the providers (ended by a row without name) in order. When none applies the error has a line
 * for each with its reason. ERR_CREDENTIALS, or ERR_INTERRUPTED when a provider was asked to stop.
 */
CHECKED int creds_find(const struct creds_provider *table, void *arg, struct creds *out,
                       struct err *e);

#endif
