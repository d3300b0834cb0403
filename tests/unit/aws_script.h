/* aws_script.h: scripted answers instead of http_send, and a fixed clock, for tests of aws_call.
 * The program is linked with --wrap=http_send. */
#ifndef FIFOQ_AWS_SCRIPT_H
#define FIFOQ_AWS_SCRIPT_H

#include "aws.h"

/* One answer. fail: no answer but this error; headers: "name: value" lines. */
struct script_answer {
    const char *headers[4];
    const char *body;
    int status;
    enum err_code fail;
};

/* Plays these answers, one a request; a request beyond them fails the test. Clears the recording.
 */
void script_play(const struct script_answer *answers, size_t n);

/* The recorded request i. */
size_t script_requests(void);
const char *script_url(size_t i);
const char *script_method(size_t i);
const char *script_body(size_t i);                     /* "" if there was none */
const char *script_header(size_t i, const char *name); /* NULL if absent */
long script_timeout_ms(size_t i);
bool script_fresh(size_t i);

/* 2026-01-02T03:04:05Z, plus all sleeps since script_play. */
#define SCRIPT_NOW_MS 1767323045000
int64_t script_slept_ms(void);

/* A client for eu-west-1 with the credentials AKIDEXAMPLE, and a token. Free with aws_done. */
void script_client(struct aws *a, const char *endpoint_url);

#endif
