/*
 * try.h: what drain would make of a configuration: the provisioner's only entry into the runtime.
 * `fifoq check` asks the code that will send, instead of repeating its rules.
 */
#ifndef FIFOQ_TRY_H
#define FIFOQ_TRY_H

#include "http.h"
#include "json.h"

/* An error that no message can avoid. path: of the field inside the destination, as settings.json
 * has it
 * ("auth.bearer", "url"; "": the destination itself). text never holds a value. */
typedef void try_report_fn(void *arg, const char *path, const char *text);

/*
 * Builds what drain would send to one destination of settings.json for a message that has all
 * that the templates ask for, and reports what fails for every message. parameters: every NAME that
 * ${param.NAME} may have -> its value, or null where that is unknown: then a sample text is used,
 * and what would be parsed out of it (certificates, keys) is not checked.
 */
void try_destination(const json_t *destination, const json_t *parameters, try_report_fn *report,
                     void *arg);

/* How requests are sent. */
struct try_wire {
    struct http *http;
    bool (*stop)(void); /* NULL: never */
};

/* A transport that trusts what the bootstrap trusts (its own roots, or those of AWS_CA_BUNDLE and
 * similar variables here); http_free. */
CHECKED int try_open(struct http **out, struct err *e);

/* The result of one request. what: "token", "request" or "connection". */
typedef void try_said_fn(void *arg, const char *what, bool works, const char *text);

/*
 * Contacts a destination as drain would: for a token, where its auth wants one (it is never shown),
 * and then, with `send`, with its request for a sample message, which the caller has made harmless;
 * otherwise it only connects. -1: ERR_INTERRUPTED.
 */
CHECKED int try_live(const json_t *destination, const json_t *parameters, bool send,
                     const struct try_wire *w, try_said_fn *said, void *arg, struct err *e);

#endif
