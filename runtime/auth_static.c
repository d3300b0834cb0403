/* auth_static.c: keys that go out as they are: in a header, in the query. */
#include "auth_kinds.h"
#include "encode.h"
#include "mem.h"

#include <string.h>

#define MAX_VALUE ((size_t)16 << 10)

static int fits(const struct buf *value, struct err *e)
{
    return buf_failed(value) ? err_set(e, ERR_PARSE, "the value is too long") : 0;
}

/* https://datatracker.ietf.org/doc/html/rfc6750#section-2.1 */
int auth_bearer(const struct auth_job *j, struct err *e)
{
    auto_buf value = BUF(MAX_VALUE);

    buf_puts(&value, "Bearer ");
    if (auth_render(&(struct auth_part){ j->auth, 0, 0, TEMPLATE_HEADER }, j->values, &value, e) <
            0 ||
        fits(&value, e) < 0)
        return -1;
    request_header(j->out, "Authorization", buf_steal(&value));
    return 0;
}

/* https://datatracker.ietf.org/doc/html/rfc7617 */
int auth_basic(const struct auth_job *j, struct err *e)
{
    auto_buf pair = BUF(MAX_VALUE);
    auto_secret char *code = NULL;

    if (auth_render(&(struct auth_part){ j->auth, BASIC_USERNAME, 0, TEMPLATE_HEADER }, j->values,
                    &pair, e) < 0)
        return -1;
    if (strchr(buf_str(&pair), ':'))
        return err_set(e, ERR_PARSE, "the username contains a colon");
    buf_putc(&pair, ':');
    if (auth_render(&(struct auth_part){ j->auth, BASIC_PASSWORD, 0, TEMPLATE_HEADER }, j->values,
                    &pair, e) < 0 ||
        fits(&pair, e) < 0)
        return -1;
    code = base64_encode(buf_str(&pair), pair.len);
    request_header(j->out, "Authorization", xasprintf("Basic %s", code));
    return 0;
}

int auth_header(const struct auth_job *j, struct err *e)
{
    auto_buf value = BUF(MAX_VALUE);

    if (auth_render(&(struct auth_part){ j->auth, NAMED_VALUE, 0, TEMPLATE_HEADER }, j->values,
                    &value, e) < 0 ||
        fits(&value, e) < 0)
        return -1;
    request_header(j->out, j->auth->values[NAMED_NAME].text, buf_steal(&value));
    return 0;
}

int auth_query(const struct auth_job *j, struct err *e)
{
    const char *name = j->auth->values[NAMED_NAME].text;
    auto_buf url = BUF(MAX_VALUE);

    buf_printf(&url, "%s%c", j->out->url, strchr(j->out->url, '?') ? '&' : '?');
    buf_uri(&url, name, strlen(name), false);
    buf_putc(&url, '=');
    if (auth_render(&(struct auth_part){ j->auth, NAMED_VALUE, 0, TEMPLATE_URL }, j->values, &url,
                    e) < 0 ||
        fits(&url, e) < 0)
        return -1;
    free_cleansed(j->out->url);
    j->out->url = buf_steal(&url);
    j->out->http.url = j->out->url;
    return 0;
}
