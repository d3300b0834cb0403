/* providers.c: helpers that the credential providers share. */
#include "identity/providers.h"

#include "files.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LASTS_S ((json_int_t)366 * 86400)

const struct creds_members creds_members_sts = {
    .key_id = "AccessKeyId",
    .secret = "SecretAccessKey",
    .token = "SessionToken",
    .expires = "Expiration",
    .needs_token = true,
    .needs_expires = true,
};

const struct creds_members creds_members_host = {
    .key_id = "AccessKeyId",
    .secret = "SecretAccessKey",
    .token = "Token",
    .expires = "Expiration",
    .needs_token = true,
    .needs_expires = true,
};

const char *asking_get(const struct asking *a, const char *key)
{
    return shared_config_get(a->id->o.files, a->profile, key);
}

int asking_lacks(const struct asking *a, const char *key, struct err *e)
{
    (void)err_set(e, ERR_CREDENTIALS, "profile '%s' has no %s", a->profile, key);
    return 0;
}

bool (*identity_stop(const struct identity *id))(void)
{
    return id->renewing ? NULL : id->o.stop;
}

int identity_client(const struct identity *id, const char *region, struct creds *creds,
                    struct aws *a, struct err *e)
{
    struct aws_options o = id->aws;
    struct creds none = { 0 };

    o.endpoints = &id->endpoints;
    o.region = region ? region : id->aws.region;
    if (aws_init(a, &o, id->o.http, creds ? creds : &none, e) < 0)
        return -1;
    a->anonymous = creds == NULL;
    a->stop = identity_stop(id);
    return 0;
}

/* Accepts a time as text, or as milliseconds since 1970; -1: neither. */
static int64_t expires_of(const json_t *value)
{
    const char *text = json_string_value(value);

    return json_is_integer(value) ? json_integer_value(value) : text ? when_parse(text) : -1;
}

static int fail_missing_member(const char *member, struct err *e)
{
    return err_set(e, ERR_CREDENTIALS, "'%s' is missing in the response", member);
}

int creds_from_json(const json_t *o, const struct creds_members *m, struct creds *out,
                    struct err *e)
{
    const char *key_id = jget_str(o, m->key_id), *secret = jget_str(o, m->secret);
    const char *token = m->token ? jget_str(o, m->token) : NULL;
    const json_t *when = m->expires ? json_object_get(o, m->expires) : NULL;
    int64_t expires_ms = when && !json_is_null(when) ? expires_of(when) : 0;

    if (!key_id || !*key_id || !secret || !*secret)
        return fail_missing_member(!key_id || !*key_id ? m->key_id : m->secret, e);
    if ((!token && m->needs_token) || (!expires_ms && m->needs_expires))
        return fail_missing_member(!token && m->needs_token ? m->token : m->expires, e);
    if (expires_ms < 0)
        return err_set(e, ERR_CREDENTIALS,
                       "invalid '%s' in the response; expected a time like '2026-01-02T03:04:05Z'",
                       m->expires);
    *out = (struct creds){
        .key_id = xstrdup(key_id),
        .secret = xstrdup(secret),
        .token = token && *token ? xstrdup(token) : NULL,
        .expires_ms = expires_ms,
    };
    return 0;
}

int64_t expires_in_ms(const json_t *reply)
{
    json_int_t s = jget_int(reply, "expiresIn", 0);

    return s <= 0 ? 0 : (s < MAX_LASTS_S ? s : MAX_LASTS_S) * 1000;
}

json_t *cache_read(const char *path)
{
    auto_secret char *text = NULL;
    json_t *value = NULL;
    struct err unused;

    if (file_read(path, &text, &unused) < 0 || !text ||
        json_parse(text, strlen(text), &value, &unused) < 0)
        return NULL;
    if (json_is_object(value))
        return value;
    json_decref(value);
    return NULL;
}

int cache_write(const char *path, const json_t *value, struct err *e)
{
    auto_secret char *text = json_text(value);

    return file_replace_private(path, text, strlen(text), e);
}
