/* whoami_print.c: prints the AWS identity as text and as JSON. */
#include "ui/whoami_print.h"

#include "aws_names.h"
#include "clock.h"
#include "mem.h"
#include "ui/terminal.h"

#include <string.h>

/* "2026-01-02T03:04:05Z"; out has CLOCK_TEXT bytes. */
static void second_text(int64_t wall_ms, char *out)
{
    clock_rfc3339(wall_ms, out);
    memcpy(out + strlen("2026-01-02T03:04:05"), "Z", sizeof("Z"));
}

static void print_fact(FILE *to, const char *name, const char *value)
{
    (void)fprintf(to, "%-11s  %s\n", name, value ? value : "unknown");
}

static char *expiry_text(const struct whoami *w)
{
    int64_t expires_ms = w->aws->creds.expires_ms, left_ms = expires_ms - w->now_ms;
    char at[CLOCK_TEXT], left[ELAPSED_TEXT];

    if (!w->aws->creds.key_id)
        return NULL;
    if (!expires_ms)
        return xstrdup("never");
    second_text(expires_ms, at);
    if (left_ms <= 0)
        return xasprintf("%s, expired", at);
    elapsed_text(left_ms, left);
    return xasprintf("%s, in %s", at, left);
}

static char *region_text(const struct whoami *w)
{
    const char *from = w->region_from ? w->region_from : "";

    if (!w->aws->region)
        return NULL;
    if (strcmp(from, "option") == 0)
        return xasprintf("%s, from --region", w->aws->region);
    if (strcmp(from, "configuration") == 0)
        return xasprintf("%s, from %s", w->aws->region, w->file);
    if (strcmp(from, "profile") == 0)
        return xasprintf("%s, from the profile", w->aws->region);
    return xasprintf("%s, from %s", w->aws->region, from);
}

void whoami_print_text(const struct whoami *w, FILE *to)
{
    auto_free char *expires = expiry_text(w), *region = region_text(w);

    print_fact(to, "credentials", w->aws->creds.provider);
    print_fact(to, "profile", w->profile);
    print_fact(to, "key", w->aws->creds.key_id);
    print_fact(to, "expires", expires);
    print_fact(to, "account", w->aws->account);
    print_fact(to, "arn", w->arn);
    print_fact(to, "user", w->user_id);
    print_fact(to, "region", region);
    print_fact(to, "partition", w->aws->partition);
    (void)fputs("\nendpoints\n", to);
    for (enum aws_id id = 0; w->aws->region && id < AWS_ID_SSO; id++) {
        auto_free char *url = aws_endpoint(w->aws, id);

        (void)fprintf(to, "  %-9s  %s\n", aws_id_word(id), url);
    }
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *endpoints_json(const struct aws *a)
{
    json_t *out = json_object();

    for (enum aws_id id = 0; a->region && id < AWS_ID_SSO; id++) {
        auto_free char *url = aws_endpoint(a, id);

        (void)json_object_set_new(out, aws_id_word(id), json_string(url));
    }
    return out;
}

json_t *whoami_json(const struct whoami *w)
{
    const struct aws *a = w->aws;
    json_t *out = json_pack("{s:i}", "version", 1);
    char expires[CLOCK_TEXT];

    if (a->creds.expires_ms)
        second_text(a->creds.expires_ms, expires);
    (void)json_object_set_new(out, "provider", text_or_null(a->creds.provider));
    (void)json_object_set_new(out, "profile", text_or_null(w->profile));
    (void)json_object_set_new(out, "key_id", text_or_null(a->creds.key_id));
    (void)json_object_set_new(out, "expires", text_or_null(a->creds.expires_ms ? expires : NULL));
    (void)json_object_set_new(out, "account", text_or_null(a->account));
    (void)json_object_set_new(out, "arn", text_or_null(w->arn));
    (void)json_object_set_new(out, "user_id", text_or_null(w->user_id));
    (void)json_object_set_new(out, "region", text_or_null(a->region));
    (void)json_object_set_new(out, "region_from", text_or_null(w->region_from));
    (void)json_object_set_new(out, "partition", text_or_null(a->partition));
    (void)json_object_set_new(out, "endpoints", endpoints_json(a));
    return out;
}
