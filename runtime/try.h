/*
 * try.h: what drain would make of a configuration: the provisioner's only way into the runtime.
 * `fifoq check` asks the code that will send, instead of repeating its rules.
 */
#ifndef FIFOQ_TRY_H
#define FIFOQ_TRY_H

#include "http.h"
#include "json.h"

/* One thing that can never work. path: of the field inside the destination, as settings.json has it
 * ("auth.bearer", "url"; "": the destination itself). text never holds a value. */
typedef void try_report_fn(void *to, const char *path, const char *text);

/*
 * Builds what drain would send to one destination of settings.json for a message that has whatever
 * the templates ask for, and reports what makes it fail whatever the message is. parameters: every
 * NAME that ${param.NAME} may have -> its value, or null where that is not at hand: then a text
 * stands in for it, and what would be read out of it (certificates, keys) is not judged.
 */
void try_destination(const json_t *destination, const json_t *parameters, try_report_fn *report,
                     void *to);

/* How requests leave. */
struct try_wire {
    struct http *http;
    bool (*stop)(void); /* NULL: nobody asks to stop */
};

/* A transport that trusts what the bootstrap trusts (its own roots, or what AWS_CA_BUNDLE and the
 * like name here); http_free. */
CHECKED int try_open(struct http **out, struct err *e);

/* What came of one thing that was asked. what: "token", "request" or "connection". */
typedef void try_said_fn(void *to, const char *what, bool works, const char *text);

/*
 * Asks what a destination depends on as drain would: a token, where its auth wants one (it is never
 * shown), and then, with `send`, its request for a made-up message, which the caller has made a
 * harmless one; otherwise it only connects. -1: ERR_INTERRUPTED.
 */
CHECKED int try_live(const json_t *destination, const json_t *parameters, bool send,
                     const struct try_wire *w, try_said_fn *said, void *to, struct err *e);

#endif
