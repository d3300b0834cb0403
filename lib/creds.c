/* creds.c: the search through a table of providers, and the one provider that needs no files. */
#include "creds.h"

#include "buf.h"

#include <stdlib.h>

enum { REASONS = 900 }; /* so that what to do next still fits into the message */

void creds_done(struct creds *c)
{
    free_cleansed(c->key_id);
    free_cleansed(c->secret);
    free_cleansed(c->token);
    *c = (struct creds){ 0 };
}

static const char *variable(const char *name)
{
    const char *v = getenv(name);

    return v && *v ? v : NULL;
}

int creds_from_environment(void *arg, struct creds *out, struct err *e)
{
    const char *key_id = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *token = variable("AWS_SESSION_TOKEN");

    (void)arg;
    if (!key_id && !secret) {
        (void)err_set(e, ERR_CREDENTIALS, "AWS_ACCESS_KEY_ID is not set");
        return 0;
    }
    if (!key_id || !secret)
        return err_set(e, ERR_CREDENTIALS, "%s is set but %s is not: set both or neither",
                       key_id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                       key_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    *out = (struct creds){
        .key_id = xstrdup(key_id),
        .secret = xstrdup(secret),
        .token = token ? xstrdup(token) : NULL,
        .provider = "environment",
    };
    return 1;
}

int creds_find(const struct creds_provider *table, void *arg, struct creds *out, struct err *e)
{
    auto_buf reasons = BUF(BUF_SMALL);

    for (const struct creds_provider *p = table; p->name; p++) {
        struct err why = { 0 };
        int found = p->get(arg, out, &why);

        if (found > 0)
            return 0;
        if (found < 0) {
            *e = why;
            return err_wrap(e, "AWS credentials (%s)", p->name);
        }
        buf_printf(&reasons, "%s%s: %s", reasons.len ? "; " : "", p->name, why.msg);
    }
    return err_set(e, ERR_CREDENTIALS,
                   "no AWS credentials found (%.*s): set AWS_ACCESS_KEY_ID and "
                   "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and run again",
                   REASONS, buf_str(&reasons));
}
