/* aws_pages.c: calls made of other calls: several in parallel, and whole lists. */
#include "aws_pages.h"
#include "aws.h"
#include "aws_call.h"
#include "aws_wire.h"
#include "json.h"
#include "mem.h"
#include "parallel.h"

#include <stdlib.h>

enum { WIDTH = 12, MAX_PAGES = 1000 };

struct many {
    struct aws *a;
    struct aws_ask *asks;
};

static void ask_run(void *arg, size_t i)
{
    const struct many *m = arg;
    struct aws_ask *ask = &m->asks[i];
    struct err e = { 0 };

    /* on success *e may still hold an earlier attempt's error */
    if (aws_call_whole(m->a, ask->service, ask->action, ask->params, &ask->reply, &e) < 0)
        ask->reply = NULL;
    else
        e.code = ERR_OK;
    ask->err = e;
}

void aws_call_all(struct aws *a, struct aws_ask *asks, size_t n)
{
    struct many m = { a, asks };

    parallel_each(n, WIDTH, ask_run, &m);
}

void aws_asks_done(struct aws_ask *asks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_decref(asks[i].params);
        json_decref(asks[i].reply);
        asks[i] = (struct aws_ask){ 0 };
    }
}

int aws_ask_check(const struct aws_ask *ask, struct err *e)
{
    if (ask->err.code == ERR_OK || ask->err.code == ERR_NOT_FOUND)
        return 0;
    *e = ask->err;
    return -1;
}

/* The pages of one list while they are read. */
struct paging {
    const struct aws_service *service;
    const char *action;
    const struct aws_pages *row; /* NULL: one answer holds all */
    json_t *seen;                /* the tokens so far: { text: null } */
};

static int pages_wrong(const struct paging *p, const char *why, struct err *e)
{
    return err_set(e, ERR_PARSE, "%s:%s: invalid list: %s", p->service->name, p->action, why);
}

/* Sets *token to the next page's token, borrowed; NULL after the last page. */
static int next_token(const struct paging *p, const json_t *reply, json_t **token, struct err *e)
{
    json_t *found = p->row ? jget_path(reply, p->row->more) : NULL;
    const char *text = json_string_value(found);
    auto_free char *key = NULL;

    *token = json_is_null(found) || (text && !*text) ? NULL : found;
    if (!*token)
        return jget_bool(reply, "IsTruncated", false)
                   ? pages_wrong(p, "truncated without a marker for the next page", e)
                   : 0;
    key = json_text(*token);
    if (json_object_get(p->seen, key))
        return pages_wrong(p, "the same page was returned twice", e);
    if (json_object_size(p->seen) == MAX_PAGES)
        return pages_wrong(p, "more than 1000 pages", e);
    return json_object_set_new(p->seen, key, json_null());
}

/* Reads until there is no token; appends to list. */
static int pages_read(struct aws *a, const struct paging *p, json_t *ask, const char *list,
                      json_t *out, struct err *e)
{
    for (;;) {
        auto_json json_t *reply = NULL;
        json_t *token = NULL;

        if (aws_call(a, p->service, p->action, ask, &reply, e) < 0 ||
            next_token(p, reply, &token, e) < 0)
            return -1;
        (void)json_array_extend(out, jget_path(reply, list)); /* a page may lack it */
        if (!token)
            return 0;
        (void)json_object_set(ask, p->row->ask, token);
    }
}

static json_t *ask_of(const json_t *params)
{
    return params ? json_copy((json_t *)params) : json_object();
}

// NOLINTNEXTLINE(readability-function-size): a call of AWS in one line, at many callers
int aws_call_pages(struct aws *a, const struct aws_service *s, const char *action,
                   const json_t *params, const char *list, json_t **all, struct err *e)
{
    auto_json json_t *ask = ask_of(params), *out = json_array(), *seen = json_object();
    struct paging p = { s, action, aws_pages_find(s->name, action), seen };

    if (pages_read(a, &p, ask, list, out, e) < 0)
        return -1;
    *all = steal(out);
    return 0;
}

/* Follows the token of *reply, if there is one, and appends the other pages' elements to its list.
 */
static int pages_append(struct aws *a, const struct aws_service *s, const char *action,
                        const json_t *params, json_t *reply, struct err *e)
{
    auto_json json_t *ask = NULL, *seen = json_object();
    struct paging p = { s, action, aws_pages_find(s->name, action), seen };
    json_t *token = NULL;

    if (!p.row || !p.row->list)
        return 0;
    if (next_token(&p, reply, &token, e) < 0)
        return -1;
    if (!token)
        return 0;
    if (!jget_array(reply, p.row->list)) /* left out */
        (void)json_object_set_new(reply, p.row->list, json_array());
    ask = ask_of(params);
    (void)json_object_set(ask, p.row->ask, token);
    return pages_read(a, &p, ask, p.row->list, jget_array(reply, p.row->list), e);
}

int aws_call_whole(struct aws *a, const struct aws_service *s, const char *action,
                   const json_t *params, json_t **reply, struct err *e)
{
    auto_json json_t *answer = NULL;

    if (aws_call(a, s, action, params, &answer, e) < 0 ||
        pages_append(a, s, action, params, answer, e) < 0)
        return -1;
    if (reply)
        *reply = steal(answer);
    return 0;
}
