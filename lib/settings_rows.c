/* settings_rows.c: the members of settings.json (docs/internals/settings.md). */
#include "settings_rows.h"

#define IN(type, member)                                                                           \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)

/* clang-format off */
const struct setting settings_rows[] = {
    { "pipeline", NULL, SETTING_TEXT, 0, IN(settings, pipeline) },
    { "log_level", "functions.log_level", SETTING_WORD, SETTING_OPTIONAL, IN(settings, log_level), .words = log_level_words, .fallback = LOG_INFO },
    { "table", NULL, SETTING_TEXT, 0, IN(settings, table) },
    { "queue", NULL, SETTING_TEXT, 0, IN(settings, queue) },
    { "dead_letters", NULL, SETTING_TEXT, SETTING_OPTIONAL, IN(settings, dead_letters) },
    { "parameters", NULL, .type = SETTING_OTHER },
    { "ingest", NULL, .type = SETTING_OTHER },
    { "drain", NULL, .type = SETTING_OTHER },
    { .name = NULL },
};

const struct setting ingest_rows[] = {
    { "events", "ingest.events", SETTING_EVENTS, 0, IN(settings_ingest, events) },
    { "group", "ingest.group", SETTING_TEMPLATE, SETTING_OPTIONAL, IN(settings_ingest, group) },
    { "message", "ingest.message", SETTING_TEMPLATE, SETTING_OPTIONAL, IN(settings_ingest, message) },
    { "on_reject", "ingest.on_reject", SETTING_WORD, 0, IN(settings_ingest, on_reject), .words = reject_words },
    { "order", "ingest.order", SETTING_WORD, SETTING_SPARSE, IN(settings_ingest, order), .words = order_words, .fallback = ORDER_STRICT },
    { .name = NULL },
};

const struct setting drain_rows[] = {
    { "max_messages", "drain.max_messages", SETTING_INTEGER, 0, IN(settings_drain, max_messages), .min = 1 },
    { "rate_per_s", "drain.rate", SETTING_NUMBER, SETTING_OPTIONAL, IN(settings_drain, rate_per_s) },
    { "parallel_groups", "drain.parallel_groups", SETTING_INTEGER, 0, IN(settings_drain, parallel_groups), .min = 1 },
    { "timeout_ms", "drain.timeout", SETTING_MS, 0, IN(settings_drain, timeout_ms), .min = 1000 },
    { "visibility_ms", NULL, SETTING_INTEGER, 0, IN(settings_drain, visibility_ms), .min = 1000 },
    { "retry_after_max_ms", "drain.retry_after_max", SETTING_MS, SETTING_SPARSE, IN(settings_drain, retry_after_max_ms), .min = 1000, .max = 39600000, .fallback = 3600000 },
    { "on_reject", "drain.on_reject", SETTING_WORD, 0, IN(settings_drain, on_reject), .words = reject_words },
    { "pause", NULL, SETTING_TEXT, SETTING_OPTIONAL, IN(settings_drain, pause) },
    { "turn", NULL, SETTING_TEXT, SETTING_SPARSE, IN(settings_drain, turn) },
    { "destinations", NULL, .type = SETTING_OTHER },
    { .name = NULL },
};

const struct setting destination_rows[] = {
    { "name", "drain.destinations[].name", SETTING_TEXT, 0, IN(destination, name) },
    { "url", "drain.destinations[].url", SETTING_TEMPLATE, SETTING_STRING, IN(destination, url) },
    { "method", "drain.destinations[].method", SETTING_TEXT, SETTING_OPTIONAL | SETTING_NAME, IN(destination, method) },
    { "body", "drain.destinations[].body", SETTING_TEMPLATE, SETTING_OPTIONAL, IN(destination, body) },
    { "headers", "drain.destinations[].headers", .type = SETTING_OTHER, .flags = SETTING_SORTED },
    { "auth", "drain.destinations[].auth", .type = SETTING_OTHER, .flags = SETTING_SORTED },
    { "ca", "drain.destinations[].ca", SETTING_TEMPLATE, SETTING_SPARSE | SETTING_STRING | SETTING_ONLY_PARAM, IN(destination, ca) },
    { "body_type", "drain.destinations[].body_type", SETTING_WORD, SETTING_SPARSE, IN(destination, body_type), .words = body_type_words },
    { "timeout_ms", "drain.destinations[].timeout", SETTING_MS, 0, IN(destination, timeout_ms), .min = 1, .max = 900000 },
    { "success", "drain.destinations[].success", .type = SETTING_OTHER },
    { "idempotency_header", "drain.destinations[].idempotency_header", SETTING_TEXT, SETTING_OPTIONAL | SETTING_NAME, IN(destination, idempotency_header) },
    { .name = NULL },
};
/* clang-format on */
