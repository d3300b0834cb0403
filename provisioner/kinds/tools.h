/* tools.h: what most kinds need: calls, tags in the many spellings of AWS, waiting. */
#ifndef FIFOQ_KIND_TOOLS_H
#define FIFOQ_KIND_TOOLS_H

#include "aws_pages.h"
#include "kinds/kind.h"

/* aws_call_whole that releases params; while rows are read, through the memo. reply may be NULL. */
CHECKED int kind_call(const struct ctx *c, const struct aws_service *s, const char *action,
                      json_t *params, json_t **reply, struct err *e);
/* aws_call_all; while rows are read, through the memo. */
void kind_ask(const struct ctx *c, struct aws_ask *asks, size_t n);
/* The same for a resource and what belongs to it: the others are asked only if the first ask finds
 * it, or at once if ctx.known. */
void kind_ask_found(const struct ctx *c, struct aws_ask *asks, size_t n);
/* Whether a function's parts need to be asked for: false if GetFunction, which its own row asks as
 * well, does not find it. */
bool kind_has_function(const struct ctx *c, const char *function);
/* kind_call for a deletion: ERR_NOT_FOUND is success. */
CHECKED int kind_remove(const struct ctx *c, const struct aws_service *s, const char *action,
                        json_t *params, struct err *e);

/* *there: the first ask found the resource. If not, returns 0 whatever the others returned; else -1
 * with the first error that is not ERR_NOT_FOUND. */
CHECKED int kind_asked(const struct aws_ask *asks, size_t n, bool *there, struct err *e);
/* For a resource that another read shows: repeats an ask that did not find it, for some seconds.
 * Returns 0 even if it never does (reply is NULL then). ERR_INTERRUPTED when stopped. */
CHECKED int kind_ask_again(const struct ctx *c, const char *name, struct aws_ask *ask,
                           struct err *e);

/* Tags are an object here. AWS returns an array of {Key, Value} or {TagKey, TagValue}, or an
 * object. Tags of AWS itself ("aws:...") are dropped. All return a new reference. */
json_t *tags_of_list(const json_t *list);
json_t *tags_of_object(const json_t *object);
json_t *tags_to_list(const json_t *tags);
json_t *tags_wanted(const struct ctx *c); /* a copy of c->tags */

/* How a service's API changes tags. */
struct tag_calls {
    const struct aws_service *service;
    const char *tag, *untag; /* the actions */
    const char *tags, *keys; /* the members that hold the tags, and the keys to remove */
    bool list;               /* the tags are a list of {Key, Value}; else an object */
};
extern const struct tag_calls lambda_tag_calls; /* of functions and of event source mappings */

/* Changes have["Tags"] to want["Tags"] with no, one or two calls. ask: names the resource in both
 * actions; released here. */
CHECKED int tags_sync(const struct ctx *c, const struct state *s, const struct tag_calls *calls,
                      json_t *ask, struct err *e);

/*
 * Pauses between two reads of a resource that is changing; look counts from 0. Returns 0 to read
 * again. -1: ERR_TIMEOUT after total_ms ("'NAME' is still STATE after 60 s ..."), ERR_INTERRUPTED
 * when the user stops.
 */
CHECKED int kind_pause(const struct ctx *c, int look, int64_t total_ms, const char *name,
                       const char *state, struct err *e);

/* Puts key = value into o unless value is NULL; value is copied. */
void put_str(json_t *o, const char *key, const char *value);
/* The same with a formatted value. */
void put_text(json_t *o, const char *key, const char *fmt, ...) PRINTF(3, 4);
/* o[key] = a new reference to from[key], or null if it is missing. */
void put_from(json_t *o, const char *key, const json_t *from);
/* o[key] = a new reference to value, or fallback if value is NULL. Owns fallback from here. */
void put_or(json_t *o, const char *key, json_t *value, json_t *fallback);
/* A new object with the members of `all` that `names` lists; names ends with NULL. */
json_t *pick(const json_t *all, const char *const *names);
/* A new array with the elements in canonical order; `once`: without duplicates. */
json_t *list_sorted(const json_t *array, bool once);
/* For properties that are lists without an order. */
extern const struct value_form form_set;

#endif
