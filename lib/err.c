/* err.c: see err.h. */
#include "err.h"

#include "plain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    char text[sizeof(e->msg)];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap); /* a message that is too long is cut */
    va_end(ap);
    text_plain(text, true);
    *e = (struct err){ .code = code };
    memcpy(e->msg, text, sizeof(text));
    return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
    char inner[sizeof(e->msg)];
    va_list ap;
    size_t n;

    memcpy(inner, e->msg, sizeof(inner));
    va_start(ap, fmt);
    (void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
    va_end(ap);
    text_plain(e->msg, true);
    n = strlen(e->msg);
    (void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", inner);
    return -1;
}
