/* warm.c: see warm.h. */
#include "warm.h"

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "parallel.h"
#include "text.h"

#include <stdlib.h>

enum { WARM_MS = 2000, ANSWER_MAX = 4096 };

struct warm {
    struct aws *aws;
    struct parameters *parameters;
};

static void note(const char *what, const struct err *e)
{
    log_event(LOG_DEBUG, what, "reason", e->msg, NULL);
}

/* A request without a signature, whatever its answer: curl keeps no connection that was only made
 * (CURLOPT_CONNECT_ONLY). */
static void connect_to_sqs(const struct aws *aws)
{
    struct aws_where where = { 0 };
    auto_free char *url = NULL;
    auto_response r = { 0 };
    struct err e;

    if (aws_endpoint_find(&aws->endpoints, AWS_ID_SQS, aws->region, &where, &e) < 0)
        return;
    url = xasprintf("%s/", where.url);
    free(where.url);
    if (str_starts(url, "https://") && http_send(aws->http,
                                                 &(struct http_request){ .method = "GET",
                                                                         .url = url,
                                                                         .timeout_ms = WARM_MS,
                                                                         .max_body = ANSWER_MAX,
                                                                         .drop_rest = true },
                                                 &r, &e) < 0)
        note("SQS was not reached before the first invocation", &e);
}

static void do_part(void *arg, size_t i)
{
    const struct warm *w = arg;
    struct err e;

    if (i == 0)
        connect_to_sqs(w->aws);
    else if (parameters_ensure(w->parameters, &e) < 0)
        note("the parameters were not fetched before the first invocation", &e);
}

void warm_up(struct aws *aws, struct parameters *parameters)
{
    struct warm w = { aws, parameters };

    aws->deadline_ms = clock_mono_ms() + WARM_MS;
    parallel_each(parameters && parameters_any(parameters) ? 2 : 1, 2, do_part, &w);
    aws->deadline_ms = 0;
}
