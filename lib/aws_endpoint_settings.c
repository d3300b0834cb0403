/* aws_endpoint_settings.c: the settings of endpoints, and their values in the environment. */
#include "aws_endpoints.h"
#include "env.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *without_slash(const char *url)
{
    size_t n = strlen(url);

    while (n && url[n - 1] == '/')
        n--;
    return xstrndup(url, n);
}

void aws_endpoints_forget(struct aws_endpoints *s)
{
    for (size_t i = 0; i < AWS_IDS; i++) {
        free(s->url[i]);
        free(s->from[i]);
        s->url[i] = s->from[i] = NULL;
    }
    free(s->rest);
    s->rest = NULL;
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

void aws_endpoints_copy(struct aws_endpoints *to, const struct aws_endpoints *from)
{
    *to = *from;
    to->rest = copy(from->rest);
    for (size_t i = 0; i < AWS_IDS; i++) {
        to->url[i] = copy(from->url[i]);
        to->from[i] = copy(from->from[i]);
    }
}

void aws_endpoints_done(struct aws_endpoints *s)
{
    aws_endpoints_forget(s);
    *s = (struct aws_endpoints){ 0 };
}

int aws_endpoints_set(struct aws_endpoints *s, enum aws_id id, const char *url, const char *from,
                      struct err *e)
{
    auto_free char *own = without_slash(url);
    struct aws_endpoint_parts parts;

    if (aws_endpoint_split(own, &parts, e) < 0)
        return err_wrap(e, "%s", from);
    free(s->url[id]);
    free(s->from[id]);
    s->url[id] = steal(own);
    s->from[id] = xstrdup(from);
    return 0;
}

int aws_endpoints_set_rest(struct aws_endpoints *s, const char *url, const char *from,
                           struct err *e)
{
    for (int id = 0; id < AWS_IDS; id++)
        if (!s->url[id] && aws_endpoints_set(s, (enum aws_id)id, url, from, e) < 0)
            return -1;
    free(s->rest);
    s->rest = without_slash(url);
    return 0;
}

int aws_setting_bool(const char *from, const char *text, bool *out, struct err *e)
{
    static const char *const no[] = { "false", "0", "no", "off" };
    bool yes = strcasecmp(text, "true") == 0, known = yes;

    for (size_t i = 0; i < COUNTOF(no); i++)
        known = known || strcasecmp(text, no[i]) == 0;
    if (!known)
        return err_set(e, ERR_USAGE, "%s: invalid value '%s'; expected true or false", from, text);
    *out = yes;
    return 0;
}

int aws_setting_sts(const char *from, const char *text, bool *legacy, struct err *e)
{
    bool old = strcmp(text, "legacy") == 0;

    if (!old && strcmp(text, "regional") != 0)
        return err_set(e, ERR_USAGE, "%s: invalid value '%s'; expected regional or legacy", from,
                       text);
    *legacy = old;
    return 0;
}

static int bool_variable(const char *name, bool *out, struct err *e)
{
    const char *text = env_get(name);

    return text ? aws_setting_bool(name, text, out, e) : 0;
}

int aws_endpoints_urls(struct aws_endpoints *s, struct err *e)
{
    const char *rest = env_get("AWS_ENDPOINT_URL");

    for (int id = 0; id < AWS_IDS; id++) {
        auto_free char *name = xasprintf("AWS_ENDPOINT_URL_%s", aws_id_name((enum aws_id)id));
        const char *url = env_get(name);

        if (url && aws_endpoints_set(s, (enum aws_id)id, url, name, e) < 0)
            return -1;
    }
    return rest ? aws_endpoints_set_rest(s, rest, "AWS_ENDPOINT_URL", e) : 0;
}

int aws_endpoints_environment(struct aws_endpoints *s, struct err *e)
{
    const char *sts = env_get("AWS_STS_REGIONAL_ENDPOINTS");
    bool ignore = false;

    if (bool_variable("AWS_USE_FIPS_ENDPOINT", &s->fips, e) < 0 ||
        bool_variable("AWS_USE_DUALSTACK_ENDPOINT", &s->dual_stack, e) < 0 ||
        bool_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", &ignore, e) < 0 ||
        (sts && aws_setting_sts("AWS_STS_REGIONAL_ENDPOINTS", sts, &s->sts_global, e) < 0))
        return -1;
    return ignore ? 0 : aws_endpoints_urls(s, e);
}
