/* extension.c: registered once, then a request for an event that never arrives: Lambda takes both
 * as the end of its start. */
#include "extension.h"

#include "log.h"
#include "mem.h"

#include <stdlib.h>

#define NAME       "fifoq"
#define NO_EVENTS  "{\"events\":[]}"
#define IDENTIFIER "Lambda-Extension-Identifier"

enum { REGISTER_MS = 5000 };

static int ask_for_id(struct extension *x, struct http *http, const char *api, struct err *e)
{
    static const struct http_header headers[] = {
        { "Content-Type", "application/json" },
        { "Lambda-Extension-Name", NAME },
    };
    auto_free char *url = xasprintf("http://%s/2020-01-01/extension/register", api);
    const struct http_request q = { .method = "POST",
                                    .url = url,
                                    .headers = headers,
                                    .n_headers = COUNTOF(headers),
                                    .body = NO_EVENTS,
                                    .body_len = sizeof(NO_EVENTS) - 1,
                                    .timeout_ms = REGISTER_MS,
                                    .no_proxy = true };
    auto_response r = { 0 };
    const char *id;

    if (http_send(http, &q, &r, e) < 0)
        return -1;
    id = http_header_get(&r, "lambda-extension-identifier");
    if (r.status != 200 || !id)
        return err_set(e, ERR_NET, "the Extensions API answered %d to /register", r.status);
    x->id = xstrdup(id);
    return 0;
}

void extension_register(struct extension *x, struct http *http, const char *api)
{
    struct err e;

    if (ask_for_id(x, http, api, &e) < 0) {
        log_event(LOG_DEBUG, "the end of this process will come without a signal", "reason", e.msg,
                  NULL);
        return;
    }
    x->url = xasprintf("http://%s/2020-01-01/extension/event/next", api);
    x->header = (struct http_header){ IDENTIFIER, x->id };
    x->next = (struct http_request){
        .method = "GET", .url = x->url, .headers = &x->header, .n_headers = 1, .no_proxy = true
    };
    http_send_off(http, &x->next);
}

void extension_done(struct extension *x)
{
    free(x->url);
    free(x->id);
    *x = (struct extension){ 0 };
}
