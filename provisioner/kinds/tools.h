/* tools.h: what most kinds need: calls, tags in the many spellings of AWS, waiting. */
#ifndef FIFOQ_KIND_TOOLS_H
#define FIFOQ_KIND_TOOLS_H

#include "kinds/kind.h"

/* aws_call_whole that takes params over; while rows are read, through the memo. reply may be NULL.
 */
CHECKED int kind_call(const struct ctx *c, const struct aws_service *s, const char *action,
                      json_t *params, json_t **reply, struct err *e);
/* aws_call_all; while rows are read, through the memo. */
void kind_ask(const struct ctx *c, struct aws_ask *asks, size_t n);
/* The same, where ERR_NOT_FOUND is as good as success: for what removes. */
CHECKED int kind_remove(const struct ctx *c, const struct aws_service *s, const char *action,
                        json_t *params, struct err *e);

/* The first ask decides whether there is anything: 0 with *there false when it was not found,
 * whatever the others say; else -1 with the first ask that failed for another reason than
 * ERR_NOT_FOUND. */
CHECKED int kind_asked(const struct aws_ask *asks, size_t n, bool *there, struct err *e);
/* Of a thing that another read shows: while ask does not find it, asks again for some seconds. 0
 * also when it never does (reply is NULL then). Stops with ERR_INTERRUPTED. */
CHECKED int kind_ask_again(const struct ctx *c, const char *name, struct aws_ask *ask,
                           struct err *e);

/* Tags are an object here. AWS lists them as an array of {Key, Value}, or {TagKey, TagValue}, or as
 * an object. Those of AWS itself ("aws:...") are left out. The caller's. */
json_t *tags_of_list(const json_t *list);
json_t *tags_of_object(const json_t *object);
json_t *tags_to_list(const json_t *tags);
json_t *tags_wanted(const struct ctx *c); /* a copy of c->tags */

/* How a service takes tags from whoever changes them. */
struct tag_calls {
    const struct aws_service *service;
    const char *tag, *untag; /* the actions */
    const char *tags, *keys; /* the members that hold the tags, and the keys to remove */
    bool list;               /* the tags are a list of {Key, Value}; else an object */
};
extern const struct tag_calls lambda_tag_calls; /* of functions and of event source mappings */

/* Calls what it takes to get from have["Tags"] to want["Tags"]: nothing, one or both. ask names the
 * resource as both actions do; it is taken over. */
CHECKED int tags_sync(const struct ctx *c, const struct state *s, const struct tag_calls *calls,
                      json_t *ask, struct err *e);

/*
 * One pause between two looks at something that settles; look counts from 0. 0: look again. -1:
 * ERR_TIMEOUT once total_ms have been waited ("'NAME' is still STATE after 60 s ..."),
 * ERR_INTERRUPTED when the user wants out.
 */
CHECKED int kind_pause(const struct ctx *c, int look, int64_t total_ms, const char *name,
                       const char *state, struct err *e);

/* Puts key = value into o unless value is NULL; value is copied. */
void put_str(json_t *o, const char *key, const char *value);
/* The same with a text of our own making. */
void put_text(json_t *o, const char *key, const char *fmt, ...) PRINTF(3, 4);
/* o[key] = a new reference to from[key], or null when there is none. */
void put_from(json_t *o, const char *key, const json_t *from);
/* The same under another name, and fallback (taken over) when there is none. */
void put_or(json_t *o, const char *key, json_t *value, json_t *fallback);
/* The members of `all` that `names` (ended by NULL) lists: what a request takes. */
json_t *pick(const json_t *all, const char *const *names);
/* The elements in canonical order, equal ones only once when `once`; the caller's. */
json_t *list_sorted(const json_t *array, bool once);
/* Properties that are lists whose order means nothing. */
extern const struct value_form form_set;

#endif
