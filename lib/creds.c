/* creds.c: searches a table of providers, and the one provider that needs no files. */
#include "creds.h"

#include "buf.h"
#include "env.h"
#include "http.h"
#include "mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { REASONS = 1000, WIDTH = 80 }; /* leaves room in the message for what to do next */

void creds_done(struct creds *c)
{
    free_cleansed(c->key_id);
    free_cleansed(c->secret);
    free_cleansed(c->token);
    *c = (struct creds){ 0 };
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool creds_same(const struct creds *a, const struct creds *b)
{
    return same_text(a->key_id, b->key_id) && same_text(a->secret, b->secret) &&
           same_text(a->token, b->token);
}

int creds_from_environment(void *arg, struct creds *out, struct err *e)
{
    const char *key_id = env_get("AWS_ACCESS_KEY_ID"), *secret = env_get("AWS_SECRET_ACCESS_KEY");
    const char *token = env_get("AWS_SESSION_TOKEN");

    (void)arg;
    if (!key_id) {
        (void)err_set(e, ERR_CREDENTIALS, "AWS_ACCESS_KEY_ID is not set%s",
                      secret ? ", though AWS_SECRET_ACCESS_KEY is" : "");
        return 0;
    }
    if (!secret)
        return err_set(e, ERR_CREDENTIALS,
                       "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not; set both or "
                       "neither");
    *out = (struct creds){
        .key_id = xstrdup(key_id),
        .secret = xstrdup(secret),
        .token = token ? xstrdup(token) : NULL,
        .provider = "env",
    };
    return 1;
}

/* They are sent in headers. */
static int creds_fit(const struct creds *c, struct err *e)
{
    const struct {
        const char *name, *value;
    } parts[] = {
        { "access key id", c->key_id },
        { "secret access key", c->secret },
        { "session token", c->token },
    };

    for (size_t i = 0; i < COUNTOF(parts); i++)
        if (parts[i].value && !http_value_fits(parts[i].value))
            return err_set(e, ERR_CREDENTIALS,
                           "the %s holds a line break or another control character", parts[i].name);
    return 0;
}

static int widest(const struct creds_provider *table)
{
    size_t most = 0;

    for (const struct creds_provider *p = table; p->name; p++)
        most = strlen(p->name) > most ? strlen(p->name) : most;
    return (int)most;
}

/* A line for a provider; long reasons wrap. */
static void reason_add(struct buf *out, int column, const char *name, const char *why)
{
    for (const char *at = why; *at;) {
        size_t n = text_line(at, (size_t)(WIDTH - column - 5), false);

        buf_printf(out, "\n  %-*s  %.*s", column, at == why ? name : "", (int)n, at);
        at += n + (at[n] == ' ');
    }
}

int creds_find(const struct creds_provider *table, void *arg, struct creds *out, struct err *e)
{
    auto_buf reasons = BUF(BUF_SMALL);
    int column = widest(table);

    for (const struct creds_provider *p = table; p->name; p++) {
        struct err why = { 0 };
        int found = p->get(arg, out, &why);

        if (found > 0 && creds_fit(out, &why) == 0)
            return 0;
        if (found > 0) {
            creds_done(out);
            found = -1;
        }
        if (found < 0) {
            *e = why;
            e->code = why.code == ERR_INTERRUPTED ? ERR_INTERRUPTED : ERR_CREDENTIALS;
            return err_wrap(e, "AWS credentials (%s)", p->name);
        }
        reason_add(&reasons, column, p->name, why.msg);
    }
    return err_set(e, ERR_CREDENTIALS,
                   "no AWS credentials found. Tried:%.*s\n"
                   "next: run 'aws configure' or 'aws sso login', or set AWS_PROFILE",
                   REASONS, buf_str(&reasons));
}
