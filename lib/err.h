/* err.h: a failure: its code, AWS's error, and the message. */
#ifndef FIFOQ_ERR_H
#define FIFOQ_ERR_H

#include "macros.h"

#include <stdbool.h>

enum err_code {
    ERR_OK,
    ERR_USAGE,       /* the command line */
    ERR_CONFIG,      /* fifoq.yaml or a template */
    ERR_IO,          /* a file or a terminal */
    ERR_PARSE,       /* invalid data from elsewhere */
    ERR_NET,         /* no answer: refused, reset, name not found, TLS */
    ERR_TIMEOUT,     /* no answer in time: the work may or may not have been done */
    ERR_CREDENTIALS, /* none found, or expired */
    ERR_AWS,         /* AWS returned an error; aws_code says which */
    ERR_NOT_FOUND,   /* AWS said that it does not exist */
    ERR_REFUSED,     /* refused by fifoq, to protect something */
    ERR_INTERRUPTED, /* the user asked us to stop */
};

/* Owned by the caller, usually main. The first failure fills it, outer layers may add context. */
struct err {
    enum err_code code;
    bool unknown;        /* the request may have arrived: the work may or may not have been done */
    bool explained;      /* the message already names the cause and what to do */
    int status;          /* the HTTP status of an answer, 0 when there was none */
    char aws_code[96];   /* ERR_AWS, ERR_NOT_FOUND: the service's error code, without namespace */
    char request_id[64]; /* the same: what AWS support asks for; "" when unknown */
    char msg[1200];
};

/* Fill *e and return -1, so that `return err_set(e, ...)` is one statement. All other members are
 * cleared. The message is sanitized (plain.h), because it may quote foreign text. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
/* Put "text: " before the message; everything else stays. Returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF(2, 3);

#endif
