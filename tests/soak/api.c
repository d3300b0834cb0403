/* api.c: the destinations: they accept, refuse, fail, are slow, request pauses, and change their
 * keys. */
#include "parts.h"

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct api {
    int64_t rotates_ms, known_ms; /* when the key changes, and when the Parameter Store has the new
                                   * one */
    int64_t tokens;               /* issued so far; only the last one is valid */
    int64_t token_until_ms;
};

void api_start(struct world *w)
{
    struct api *a = xcalloc(1, sizeof(*a));

    a->rotates_ms = w->now_ms + dice_roll(&w->dice, 2 * w->plan.storm_ms);
    a->known_ms = a->rotates_ms + dice_between(&w->dice, -60000, 60000);
    w->api = a;
}

static const char *key_at(const struct world *w, int64_t change_ms)
{
    return w->now_ms < change_ms ? "S3CRET-key-one" : "S3CRET-key-two";
}

const char *api_key(struct world *w, int destination)
{
    return destination == 0 ? key_at(w, w->api->known_ms) : "S3CRET-other";
}

static bool token_fits(const struct world *w, const struct request *r)
{
    auto_free char *last = xasprintf("Bearer S3CRET-token-%lld", (long long)w->api->tokens);

    return strcmp(sent_header(r, "authorization"), last) == 0 && w->now_ms < w->api->token_until_ms;
}

static bool key_fits(const struct world *w, const struct request *r)
{
    auto_free char *bearer = xasprintf("Bearer %s", key_at(w, w->api->rotates_ms));

    if (r->destination == 0)
        return strcmp(sent_header(r, "authorization"), bearer) == 0;
    if (r->destination == 2)
        return token_fits(w, r);
    return r->destination != 1 || strcmp(sent_header(r, "x-key"), "S3CRET-other") == 0;
}

/* Is it the message that the item must become? */
static void check_content(struct world *w, const struct request *r, struct item *it)
{
    auto_free char *url = xasprintf("https://d%d.example/v1/items/%s", r->destination, it->id);
    auto_json json_t *have = NULL, *want = NULL;
    struct err e;

    if (strcmp(r->url, url) != 0 || strcmp(r->method, "POST") != 0)
        world_violation(w, "%s comes as %s %s", it->id, r->method, r->url);
    if (it->body && strlen(it->body) == r->body_len && memcmp(it->body, r->body, r->body_len) == 0)
        return; /* the same as before */
    if (exact_parse(r->body, r->body_len, &have, &e) < 0 ||
        exact_parse(it->expected, strlen(it->expected), &want, &e) < 0 || !json_equal(have, want))
        world_violation(w, "%s has another content: %.300s instead of %.300s", it->id, r->body,
                        it->expected);
    free(it->body);
    it->body = xstrndup(r->body, r->body_len);
}

/* The key has changed and the bootstrap may not know yet. */
static bool refuses_key(struct world *w, struct request *r)
{
    int64_t away_ms = w->now_ms - w->api->rotates_ms;

    if (r->destination == 2 && world_fault(w, FAULT_TOKEN_REVOKED, w->plan.api_trouble / 10))
        w->api->token_until_ms = 0;
    if (key_fits(w, r))
        return false;
    if (r->destination == 1 || (r->destination == 0 && away_ms < -120000))
        world_violation(w, "destination %d gets a wrong key", r->destination);
    world_count(w, FAULT_API_KEY);
    request_answer(w, r, 5, answer_status(dice_chance(&w->dice, 700) ? 401 : 403));
    return true;
}

/* A pause: this many seconds from when the answer arrives, or until a date. */
static void answer_busy(struct world *w, struct request *r)
{
    int64_t seconds =
        dice_chance(&w->dice, 800) ? dice_roll(&w->dice, 20) : dice_roll(&w->dice, 900);
    struct answer a = answer_status(dice_chance(&w->dice, 500) ? 429 : 503);
    time_t at = (time_t)((w->now_ms + 999) / 1000 + seconds);
    struct tm tm;
    char date[64];

    if (dice_chance(&w->dice, 500)) {
        a.head = xasprintf("Retry-After: %lld\r\n", (long long)seconds);
        r->pause_ms = seconds * 1000;
    } else {
        (void)gmtime_r(&at, &tm);
        (void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        a.head = xasprintf("Retry-After: %s\r\n", date);
        r->pause_until_ms = (int64_t)at * 1000;
    }
    request_answer(w, r, dice_between(&w->dice, 1, 200), a);
}

static void commit(struct world *w, struct request *r)
{
    ledger_committed(w, r, &w->items[r->item]);
}

static void on_late(struct world *w, void *arg)
{
    commit(w, arg);
    request_release(arg);
}

/* For the first ones a gateway may answer wrongly: the request was accepted behind it. */
static void answer_error_status(struct world *w, struct request *r, bool done)
{
    static const int statuses[] = { 500, 502, 503, 504, 408, 409, 425, 429, 599 };
    int64_t n = done ? 5 : (int64_t)COUNTOF(statuses);

    if (done)
        commit(w, r);
    request_answer(w, r, dice_between(&w->dice, 1, 200),
                   answer_status(statuses[dice_roll(&w->dice, n)]));
}

/* Bytes that look like a success or a rejection, and are not an answer. */
static void answer_broken(struct world *w, struct request *r, bool done)
{
    static const int statuses[] = { 200, 201, 204, 422 };
    struct answer a = answer_status(done ? 200 : statuses[dice_roll(&w->dice, 4)]);

    a.broken = true;
    if (done)
        commit(w, r);
    request_answer(w, r, dice_between(&w->dice, 1, 200), a);
}

static void fail(struct world *w, struct request *r, enum fault kind)
{
    switch (kind) {
    case FAULT_API_RESET:
        commit(w, r);
        request_answer(w, r, dice_between(&w->dice, 1, 300), answer_error(ERR_NET));
        break;
    case FAULT_API_SLOW:
        commit(w, r);
        request_answer(w, r, r->timeout_ms + 1, answer_status(200));
        break;
    case FAULT_API_LATE:
        r->refs++;
        world_after(w, r->timeout_ms + dice_roll(&w->dice, 30000), on_late, r);
        request_answer(w, r, r->timeout_ms + 1, answer_status(200));
        break;
    case FAULT_API_SILENT: request_answer(w, r, r->timeout_ms + 1, answer_status(200)); break;
    case FAULT_API_REFUSED:
        request_answer(w, r, 1, (struct answer){ .code = ERR_NET, .unreachable = true });
        break;
    case FAULT_API_BUSY: answer_busy(w, r); break;
    case FAULT_API_BROKEN: answer_broken(w, r, false); break;
    case FAULT_API_BROKEN_DONE: answer_broken(w, r, true); break;
    default: answer_error_status(w, r, kind == FAULT_API_ERROR_DONE); break;
    }
}

static enum fault choose_fault(struct world *w)
{
    static const enum fault kinds[] = { FAULT_API_RESET,   FAULT_API_SLOW,
                                        FAULT_API_LATE,    FAULT_API_SILENT,
                                        FAULT_API_REFUSED, FAULT_API_ERROR,
                                        FAULT_API_BUSY,    FAULT_API_ERROR_DONE,
                                        FAULT_API_BROKEN,  FAULT_API_BROKEN_DONE };

    if (w->calm || !dice_chance(&w->dice, w->plan.api_trouble))
        return FAULT_KINDS;
    return kinds[dice_roll(&w->dice, (int64_t)COUNTOF(kinds))];
}

static void on_arrival(struct world *w, void *arg)
{
    struct request *r = arg;
    struct item *it = &w->items[r->item];
    enum fault kind = choose_fault(w);

    if (refuses_key(w, r)) {
        /* answered */
    } else if (it->reject == REJECT_AT_DRAIN && !w->calm) {
        static const int statuses[] = { 400, 404, 410, 422, 302 };
        world_count(w, FAULT_API_NO);
        request_answer(w, r, 5, answer_status(statuses[dice_roll(&w->dice, 5)]));
    } else if (kind != FAULT_KINDS) {
        world_count(w, kind);
        fail(w, r, kind);
    } else {
        commit(w, r);
        request_answer(
            w, r, dice_between(&w->dice, 1, dice_chance(&w->dice, 100) ? r->timeout_ms - 1 : 200),
            answer_status(dice_chance(&w->dice, 500) ? 200 : 204));
    }
    request_release(r);
}

void api_request(struct world *w, struct request *r)
{
    struct item *it = world_item(w, sent_header(r, "idempotency-key"));

    r->destination = r->url[strlen("https://d")] - '0';
    if (!it || r->destination < 0 || r->destination >= w->plan.destinations) {
        world_violation(w, "a request of no item: '%s', key '%s'", r->url,
                        sent_header(r, "idempotency-key"));
        return;
    }
    r->item = (size_t)(it - w->items);
    r->heard = ledger_heard;
    check_content(w, r, it);
    ledger_sent(w, r, it);
    world_after(w, dice_between(&w->dice, 1, 30), on_arrival, r);
}

/* https://www.rfc-editor.org/rfc/rfc6749#section-4.4; the client's id is the key that rotates. */
void token_request(struct world *w, struct request *r)
{
    auto_free char *pair = xasprintf("%s:%s", key_at(w, w->api->rotates_ms), "S3CRET-other");
    auto_free char *code = base64_encode(pair, strlen(pair));
    auto_free char *basic = xasprintf("Basic %s", code);
    int64_t after_ms =
        dice_between(&w->dice, 1, dice_chance(&w->dice, 100) ? r->timeout_ms - 1 : 150);
    int64_t seconds = dice_between(&w->dice, 20, 900);
    struct answer a = answer_status(dice_chance(&w->dice, 300) ? 200 : 503);
    json_t *token;

    a.broken = a.status == 200;
    if (world_fault(w, FAULT_TOKEN_TROUBLE, w->plan.api_trouble)) {
        request_answer(w, r, dice_chance(&w->dice, 300) ? r->timeout_ms + 1 : after_ms,
                       dice_chance(&w->dice, 600) ? a : answer_error(ERR_NET));
    } else if (strcmp(sent_header(r, "authorization"), basic) != 0) {
        world_count(w, FAULT_API_KEY);
        request_answer(w, r, after_ms,
                       answer_json(401, json_pack("{s:s}", "error", "invalid_client")));
    } else {
        w->api->tokens++;
        w->api->token_until_ms = w->now_ms + seconds * 1000;
        token = json_pack("{s:o, s:s, s:I}", "access_token",
                          json_sprintf("S3CRET-token-%lld", (long long)w->api->tokens),
                          "token_type", "Bearer", "expires_in", (json_int_t)seconds);
        request_answer(w, r, after_ms, answer_json(200, token));
    }
    request_release(r);
}
