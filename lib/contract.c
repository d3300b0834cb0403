/* contract.c: the tables of contract.h. */
#include "contract.h"

#include <string.h>

const char *const event_words[] = { "INSERT", "MODIFY", "REMOVE", NULL };
const char *const reject_words[] = { "block", "dead-letter", "drop", NULL };
const char *const order_words[] = { "strict", "batch", NULL };
const char *const body_type_words[] = { "json", "form", "text", "xml", NULL };
const char *const log_level_words[] = { "trace", "debug", "info", "warn", "error", "fatal", NULL };
const char *const oauth2_styles[] = { "basic", "body", "tls", NULL };
const char *const hmac_algorithms[] = { "sha256", "sha1", "sha512", NULL };
const char *const hmac_encodings[] = { "hex", "base64", NULL };

static const char *const one_value[] = { NULL };
static const char *const event_members[] = { "id", "name", "time", "sequence", NULL };

/* clang-format off */
const struct template_root ingest_roots[] = {
    { "item", NULL },
    { "old", NULL },
    { "event", event_members },
    { "table", one_value },
    { NULL, NULL },
};

const struct template_root destination_roots[DESTINATION_ROOTS] = {
    { "message", NULL },
    { "id", one_value },
    { "group", one_value },
    { "sequence", one_value },
    { "attempt", one_value },
    { "param", NULL },
    { NULL, NULL },
};

static const struct template_root signed_roots[] = {
    { "body", one_value }, { "timestamp", one_value }, { "id", one_value }, { NULL, NULL },
};
static const struct template_root value_roots[] = {
    { "signature", one_value }, { "timestamp", one_value }, { "id", one_value }, { NULL, NULL },
};

const struct auth_kind auth_kinds[AUTH_KINDS] = {
    [AUTH_BEARER] = { "bearer", .headers = { "Authorization" }, .members = {
        { .name = "", .type = AUTH_TEMPLATE, .flags = AUTH_SECRET } } },
    [AUTH_BASIC] = { "basic", .headers = { "Authorization" }, .members = {
        [BASIC_USERNAME] = { .name = "username", .type = AUTH_TEMPLATE },
        [BASIC_PASSWORD] = { .name = "password", .type = AUTH_TEMPLATE } } },
    [AUTH_HEADER] = { "header", .members = {
        [NAMED_NAME] = { .name = "name", .type = AUTH_TEXT, .flags = AUTH_NAME },
        [NAMED_VALUE] = { .name = "value", .type = AUTH_TEMPLATE, .flags = AUTH_SECRET } } },
    [AUTH_QUERY] = { "query", .members = {
        [NAMED_NAME] = { .name = "name", .type = AUTH_TEXT },
        [NAMED_VALUE] = { .name = "value", .type = AUTH_TEMPLATE, .flags = AUTH_SECRET } } },
    [AUTH_OAUTH2] = { "oauth2", .only_param = true, .wants_token = true, .headers = { "Authorization" }, .members = {
        [OAUTH2_TOKEN_URL] = { .name = "token_url", .type = AUTH_TEXT, .flags = AUTH_URL },
        [OAUTH2_ID] = { .name = "client_id", .type = AUTH_TEMPLATE },
        [OAUTH2_SECRET] = { .name = "client_secret", .type = AUTH_TEMPLATE, .flags = AUTH_OPTIONAL | AUTH_SECRET },
        [OAUTH2_SCOPE] = { .name = "scope", .type = AUTH_TEMPLATE, .flags = AUTH_OPTIONAL },
        [OAUTH2_AUDIENCE] = { .name = "audience", .type = AUTH_TEMPLATE, .flags = AUTH_OPTIONAL },
        [OAUTH2_STYLE] = { .name = "style", .type = AUTH_TEXT, .flags = AUTH_OPTIONAL, .words = oauth2_styles },
        [OAUTH2_FORM] = { .name = "form", .type = AUTH_MAP, .flags = AUTH_OPTIONAL },
        [OAUTH2_HEADERS] = { .name = "headers", .type = AUTH_MAP, .flags = AUTH_OPTIONAL | AUTH_NAME },
        [OAUTH2_CA] = { .name = "ca", .type = AUTH_TEMPLATE, .flags = AUTH_OPTIONAL | AUTH_LINES } } },
    [AUTH_HMAC] = { "hmac", .only_param = true, .headers = { "webhook-id", "webhook-timestamp", "webhook-signature" }, .members = {
        [HMAC_SECRETS] = { .name = "secrets", .type = AUTH_TEMPLATES, .flags = AUTH_SECRET | AUTH_LINES },
        [HMAC_HEADER] = { .name = "header", .type = AUTH_TEXT, .flags = AUTH_OPTIONAL | AUTH_NAME },
        [HMAC_ALGORITHM] = { .name = "algorithm", .type = AUTH_TEXT, .flags = AUTH_OPTIONAL, .words = hmac_algorithms },
        [HMAC_ENCODING] = { .name = "encoding", .type = AUTH_TEXT, .flags = AUTH_OPTIONAL, .words = hmac_encodings },
        [HMAC_SIGNED] = { .name = "signed", .type = AUTH_TEMPLATE, .flags = AUTH_OPTIONAL, .roots = signed_roots },
        [HMAC_VALUE] = { .name = "value", .type = AUTH_TEMPLATE, .flags = AUTH_OPTIONAL, .roots = value_roots },
        [HMAC_TIMESTAMP] = { .name = "timestamp_header", .type = AUTH_TEXT, .flags = AUTH_OPTIONAL | AUTH_NAME } } },
    [AUTH_MTLS] = { "mtls", .only_param = true, .members = {
        [MTLS_CERTIFICATE] = { .name = "certificate", .type = AUTH_TEMPLATE, .flags = AUTH_LINES },
        [MTLS_KEY] = { .name = "key", .type = AUTH_TEMPLATE, .flags = AUTH_SECRET | AUTH_LINES } } },
    [AUTH_SIGV4] = { "sigv4", .only_param = true, .headers = { "Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token" }, .members = {
        [SIGV4_SERVICE] = { .name = "service", .type = AUTH_TEXT },
        [SIGV4_REGION] = { .name = "region", .type = AUTH_TEXT, .flags = AUTH_OPTIONAL } } },
};
/* clang-format on */

int word_number(const char *const *words, const char *word)
{
    for (int i = 0; word && words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

void words_put(const char *const *words, struct buf *out)
{
    for (size_t i = 0; words[i]; i++)
        buf_printf(out, "%s%s", i ? ", " : "", words[i]);
}

unsigned event_bit(const char *name)
{
    int i = word_number(event_words, name);

    return i < 0 ? 0 : 1U << i;
}

json_t *event_names(unsigned events)
{
    json_t *out = json_array();

    for (size_t i = 0; event_words[i]; i++)
        if (events & 1U << i)
            (void)json_array_append_new(out, json_string(event_words[i]));
    return out;
}

void destination_roots_fill(struct template_root out[static DESTINATION_ROOTS],
                            const char *const *parameters)
{
    memcpy(out, destination_roots, sizeof(destination_roots));
    out[DESTINATION_ROOTS - 2].members = parameters;
}

const struct template_root *param_roots(const struct template_root *roots)
{
    while (roots->name && strcmp(roots->name, "param") != 0)
        roots++;
    return roots;
}

bool root_is_value(const struct template_root *root)
{
    return root->members && !root->members[0];
}

json_t *roots_sample(const struct template_root *roots)
{
    json_t *out = json_object();

    for (; roots->name; roots++) {
        json_t *members = roots->members && *roots->members ? json_object() : NULL;
        for (size_t i = 0; members && roots->members[i]; i++)
            (void)json_object_set_new(members, roots->members[i], json_string("0"));
        if (members || root_is_value(roots))
            (void)json_object_set_new(out, roots->name, members ? members : json_string("0"));
    }
    return out;
}

const struct auth_kind *auth_kind_find(const char *name)
{
    for (size_t i = 0; i < AUTH_KINDS; i++)
        if (strcmp(auth_kinds[i].name, name) == 0)
            return &auth_kinds[i];
    return NULL;
}

void auth_kinds_put(struct buf *out)
{
    for (size_t i = 0; i < AUTH_KINDS; i++)
        buf_printf(out, "%s%s", i ? ", " : "", auth_kinds[i].name);
}
