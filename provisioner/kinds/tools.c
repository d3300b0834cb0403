/* tools.c: what most kinds need. */
#include "kinds/tools.h"
#include "aws_call.h"
#include "aws_memo.h"
#include "aws_pages.h"
#include "clock.h"
#include "mem.h"
#include "retry.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAG_MS = 10000, /* how long one read may lag behind another */
    NAP_MS = 200,   /* the longest delay before a waiting loop notices Ctrl-C */
};

int kind_call(const struct ctx *c, const struct aws_service *s, const char *action, json_t *params,
              json_t **reply, struct err *e)
{
    auto_json json_t *mine = params;

    if (c->memo && aws_call_reads(s, action, mine))
        return aws_memo_call(c->memo, c->aws, s, action, mine, reply, e);
    return aws_call_whole(c->aws, s, action, mine, reply, e);
}

void kind_ask(const struct ctx *c, struct aws_ask *asks, size_t n)
{
    aws_memo_all(c->memo, c->aws, asks, n);
}

void kind_ask_found(const struct ctx *c, struct aws_ask *asks, size_t n)
{
    size_t first = c->known ? n : 1;

    kind_ask(c, asks, first);
    if (n > first && asks[0].reply)
        kind_ask(c, asks + first, n - first);
}

bool kind_has_function(const struct ctx *c, const char *function)
{
    struct err e = { 0 };

    return !c->memo || c->known ||
           kind_call(c, &aws_lambda, "GetFunction", json_pack("{s:s}", "FunctionName", function),
                     NULL, &e) == 0 ||
           e.code != ERR_NOT_FOUND;
}

int kind_remove(const struct ctx *c, const struct aws_service *s, const char *action,
                json_t *params, struct err *e)
{
    if (kind_call(c, s, action, params, NULL, e) == 0 || e->code == ERR_NOT_FOUND)
        return 0;
    return -1;
}

int kind_asked(const struct aws_ask *asks, size_t n, bool *there, struct err *e)
{
    *there = false;
    for (size_t i = 0; i < n; i++) {
        if (aws_ask_check(&asks[i], e) < 0)
            return -1;
        if (i == 0 && !asks[0].reply)
            return 0;
    }
    *there = true;
    return 0;
}

int kind_ask_again(const struct ctx *c, const char *name, struct aws_ask *ask, struct err *e)
{
    for (int look = 0; !c->hasty && ask->err.code == ERR_NOT_FOUND; look++) {
        if (kind_pause(c, look, LAG_MS, name, "not fully visible", e) < 0)
            return e->code == ERR_TIMEOUT ? 0 : -1;
        aws_call_all(c->aws, ask, 1);
    }
    return aws_ask_check(ask, e);
}

static void put_tag(json_t *tags, const char *key, json_t *value)
{
    if (key && value && !str_starts(key, "aws:"))
        json_object_set(tags, key, value);
}

json_t *tags_of_list(const json_t *list)
{
    json_t *tags = json_object(), *tag;
    size_t i;

    json_array_foreach(list, i, tag) {
        const char *key = jget_str(tag, "Key");

        if (key)
            put_tag(tags, key, json_object_get(tag, "Value"));
        else
            put_tag(tags, jget_str(tag, "TagKey"), json_object_get(tag, "TagValue"));
    }
    return tags;
}

json_t *tags_of_object(const json_t *object)
{
    json_t *tags = json_object(), *value;
    const char *key;

    json_object_foreach((json_t *)object, key, value)
        put_tag(tags, key, value);
    return tags;
}

json_t *tags_to_list(const json_t *tags)
{
    json_t *list = json_array(), *value;
    const char *key;

    json_object_foreach((json_t *)tags, key, value)
        json_array_append_new(list, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    return list;
}

json_t *tags_wanted(const struct ctx *c)
{
    return json_copy((json_t *)c->tags);
}

const struct tag_calls lambda_tag_calls = {
    .service = &aws_lambda,
    .tag = "TagResource",
    .untag = "UntagResource",
    .tags = "Tags",
    .keys = "TagKeys",
};

static json_t *tags_to_set(const json_t *have, const json_t *want)
{
    json_t *set = json_object(), *value;
    const char *key;

    json_object_foreach((json_t *)want, key, value)
        if (!json_equal(value, json_object_get(have, key)))
            json_object_set(set, key, value);
    return set;
}

static json_t *tags_to_remove(const json_t *have, const json_t *want)
{
    json_t *keys = json_array(), *value;
    const char *key;

    json_object_foreach((json_t *)have, key, value)
        if (!json_object_get(want, key))
            json_array_append_new(keys, json_string(key));
    return keys;
}

/* A copy of ask with one more member; owns value from here. */
static json_t *ask_with(const json_t *ask, const char *member, json_t *value)
{
    json_t *more = json_copy((json_t *)ask);

    json_object_set_new(more, member, value);
    return more;
}

int tags_sync(const struct ctx *c, const struct state *s, const struct tag_calls *calls,
              json_t *ask, struct err *e)
{
    const json_t *have = json_object_get(s->have, "Tags"), *want = json_object_get(s->want, "Tags");
    auto_json json_t *named = ask, *set = tags_to_set(have, want),
                     *off = tags_to_remove(have, want);

    if (json_object_size(set) &&
        kind_call(c, calls->service, calls->tag,
                  ask_with(named, calls->tags, calls->list ? tags_to_list(set) : json_incref(set)),
                  NULL, e) < 0)
        return -1;
    if (!json_array_size(off))
        return 0;
    return kind_call(c, calls->service, calls->untag,
                     ask_with(named, calls->keys, json_incref(off)), NULL, e);
}

int kind_pause(const struct ctx *c, int look, int64_t total_ms, const char *name, const char *state,
               struct err *e)
{
    int64_t left = retry_poll_delay_ms(look, total_ms);

    if (left < 0)
        return err_set(e, ERR_TIMEOUT,
                       "'%s' is still %s after %lld s; run it again to continue waiting", name,
                       state, (long long)(total_ms / 1000));
    while (left > 0) {
        if (c->stop && c->stop(c->stop_arg))
            return err_set(e, ERR_INTERRUPTED, "interrupted while '%s' was %s", name, state);
        clock_sleep_ms(left < NAP_MS ? left : NAP_MS);
        left -= NAP_MS;
    }
    return 0;
}

void put_str(json_t *o, const char *key, const char *value)
{
    if (value)
        json_object_set_new(o, key, json_string(value));
}

void put_text(json_t *o, const char *key, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    put_str(o, key, text);
}

void put_from(json_t *o, const char *key, const json_t *from)
{
    put_or(o, key, json_object_get(from, key), json_null());
}

void put_or(json_t *o, const char *key, json_t *value, json_t *fallback)
{
    if (value)
        json_object_set(o, key, value);
    else
        json_object_set(o, key, fallback);
    json_decref(fallback);
}

json_t *pick(const json_t *all, const char *const *names)
{
    json_t *out = json_object();

    for (; *names; names++) {
        json_t *v = json_object_get(all, *names);

        if (v)
            json_object_set(out, *names, v);
    }
    return out;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

json_t *list_sorted(const json_t *array, bool once)
{
    size_t n = json_array_size(array), i;
    char **texts = xcalloc(n + 1, sizeof(*texts));
    json_t *out = json_array(), *v;

    json_array_foreach(array, i, v)
        texts[i] = json_canonical(v);
    qsort(texts, n, sizeof(*texts), by_text);
    for (i = 0; i < n; i++) {
        if (!once || i == 0 || strcmp(texts[i], texts[i - 1]) != 0)
            json_array_append_new(out, json_loads(texts[i], JSON_DECODE_ANY, NULL));
    }
    for (i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
    return out;
}

static json_t *set_normal(const json_t *v)
{
    return json_is_array(v) ? list_sorted(v, false) : json_incref((json_t *)v);
}

const struct value_form form_set = { .normal = set_normal };
