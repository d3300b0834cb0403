/* aws_memo.c: questions and answers, in the order in which they were asked. */
#include "aws_memo.h"

#include "aws_call.h"
#include "aws_pages.h"
#include "json.h"
#include "mem.h"
#include "parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct question {
    struct question *next;
    char *text;
    json_t *reply; /* NULL: not answered, or failed */
    struct err err;
    bool over, failed;
};

struct aws_memo {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    struct question *questions;
};

struct aws_memo *aws_memo_new(void)
{
    struct aws_memo *m = xcalloc(1, sizeof(*m));

    (void)pthread_mutex_init(&m->lock, NULL);
    (void)pthread_cond_init(&m->answered, NULL);
    return m;
}

void aws_memo_forget(struct aws_memo *m)
{
    while (m && m->questions) {
        struct question *q = m->questions;

        m->questions = q->next;
        json_decref(q->reply);
        free(q->text);
        free(q);
    }
}

void aws_memo_free(struct aws_memo *m)
{
    aws_memo_forget(m);
    if (m) {
        (void)pthread_cond_destroy(&m->answered);
        (void)pthread_mutex_destroy(&m->lock);
    }
    free(m);
}

static char *question_text(const struct aws_service *s, const char *action, const json_t *params)
{
    auto_free char *members = params ? json_text(params) : xstrdup("");

    return xasprintf("%s:%s %s", s->name, action, members);
}

/* "It does not exist" is an answer. */
static bool is_to_ask_again(const struct question *q)
{
    return q->failed && q->err.code != ERR_NOT_FOUND;
}

/* The question with that text, added unless one is asked or answered already; *mine says so. The
 * lock is held. */
static struct question *question_of(struct aws_memo *m, const char *text, bool *mine)
{
    struct question *q = m->questions;

    while (q && (is_to_ask_again(q) || strcmp(q->text, text) != 0))
        q = q->next;
    *mine = !q;
    if (q)
        return q;
    q = xcalloc(1, sizeof(*q));
    *q = (struct question){ .next = m->questions, .text = xstrdup(text) };
    m->questions = q;
    return q;
}

static void question_ask(struct aws_memo *m, struct question *q, struct aws *a,
                         const struct aws_service *s, const char *action, const json_t *params)
{
    json_t *reply = NULL;
    struct err e = { 0 };
    int rc = aws_call_whole(a, s, action, params, &reply, &e);

    (void)pthread_mutex_lock(&m->lock);
    q->failed = rc < 0;
    q->reply = rc < 0 ? NULL : reply;
    q->err = e;
    q->over = true;
    (void)pthread_cond_broadcast(&m->answered);
    (void)pthread_mutex_unlock(&m->lock);
}

// NOLINTNEXTLINE(readability-function-size): a call of AWS in one line, at many callers
int aws_memo_call(struct aws_memo *m, struct aws *a, const struct aws_service *s,
                  const char *action, const json_t *params, json_t **reply, struct err *e)
{
    auto_free char *text = question_text(s, action, params);
    struct question *q;
    bool mine;

    (void)pthread_mutex_lock(&m->lock);
    q = question_of(m, text, &mine);
    (void)pthread_mutex_unlock(&m->lock);
    if (mine)
        question_ask(m, q, a, s, action, params);
    (void)pthread_mutex_lock(&m->lock);
    while (!q->over)
        (void)pthread_cond_wait(&m->answered, &m->lock);
    if (q->failed)
        *e = q->err;
    else if (reply)
        *reply = json_deep_copy(q->reply);
    (void)pthread_mutex_unlock(&m->lock);
    return q->failed ? -1 : 0;
}

void aws_memo_tell(struct aws_memo *m, const struct aws_service *s, const char *action,
                   const json_t *params, const json_t *reply)
{
    struct question *q;

    if (!m)
        return;
    q = xcalloc(1, sizeof(*q));
    q->text = question_text(s, action, params);
    q->reply = json_deep_copy(reply);
    q->over = true;
    (void)pthread_mutex_lock(&m->lock);
    q->next = m->questions;
    m->questions = q;
    (void)pthread_mutex_unlock(&m->lock);
}

json_t *aws_memo_recall(struct aws_memo *m, const struct aws_service *s, const char *action,
                        const json_t *params)
{
    auto_free char *text = question_text(s, action, params);
    struct question *q = NULL;
    json_t *reply = NULL;

    if (!m)
        return NULL;
    (void)pthread_mutex_lock(&m->lock);
    for (q = m->questions; q && !reply; q = q->next)
        reply = strcmp(q->text, text) == 0 ? json_deep_copy(q->reply) : NULL;
    (void)pthread_mutex_unlock(&m->lock);
    return reply;
}

struct many {
    struct aws_memo *memo;
    struct aws *a;
    struct aws_ask *asks;
};

static void ask_one(void *arg, size_t i)
{
    const struct many *m = arg;
    struct aws_ask *ask = &m->asks[i];
    struct err e = { 0 };

    if (!aws_call_reads(ask->service, ask->action, ask->params)) {
        aws_call_all(m->a, ask, 1);
        return;
    }
    if (aws_memo_call(m->memo, m->a, ask->service, ask->action, ask->params, &ask->reply, &e) < 0)
        ask->reply = NULL;
    else
        e.code = ERR_OK;
    ask->err = e;
}

void aws_memo_all(struct aws_memo *m, struct aws *a, struct aws_ask *asks, size_t n)
{
    struct many many = { m, a, asks };

    if (m)
        parallel_each(n, n, ask_one, &many);
    else
        aws_call_all(a, asks, n);
}
