/* bytes.c: the bytes of an answer: valid, in one of the allowed forms, or invalid, in one of the
 * ways that RFC 9112 defines. */
#include "parts.h"

#include <string.h>

enum broken {
    CUT_IN_HEAD, /* at any of its bytes, also before the first */
    CUT_IN_BODY,
    FOUR_DIGITS,
    TWO_LENGTHS,
    NO_NUMBER,
    TWO_FRAMINGS,
    ONLY_EARLY, /* an answer before the answer, and no other */
    FOLDED_FIRST,
    BROKEN_WAYS
};

static void put_whole(struct dice *d, const struct answer *a, struct buf *out)
{
    const char *line_end = dice_chance(d, 100) ? "\n" : "\r\n";
    bool sized = a->status != 204 && !dice_chance(d, 100); /* or it ends with the connection */

    if (dice_chance(d, 50))
        buf_printf(out, "HTTP/1.1 103 Early Hints\r\nRetry-After: 3600\r\n\r\n");
    buf_printf(out, "HTTP/1.%d %d%s%s%s", dice_chance(d, 50) ? 0 : 1, a->status,
               dice_chance(d, 50) ? "" : " Word", line_end, a->head ? a->head : "");
    if (sized)
        buf_printf(out, "Content-Length: %zu%s", a->body_len, line_end);
    buf_puts(out, line_end);
    buf_add(out, a->body, a->body_len);
}

static void put_broken(struct dice *d, const struct answer *a, struct buf *out)
{
    enum broken way = (enum broken)dice_roll(d, BROKEN_WAYS);
    const char *body = a->body_len ? a->body : "{}", *head = a->head ? a->head : "";
    int status = a->status == 204 ? 200 : a->status;
    size_t n = a->body_len ? a->body_len : strlen(body), end;

    if (way == ONLY_EARLY) {
        buf_puts(out, "HTTP/1.1 100 Continue\r\n\r\n");
        return;
    }
    buf_printf(out, "HTTP/1.1 %d%s Word\r\n%s%s", status, way == FOUR_DIGITS ? "0" : "",
               way == FOLDED_FIRST ? " folded: 1\r\n" : "", head);
    buf_printf(out, "Content-Length: %zu%s\r\n", n, way == NO_NUMBER ? "x" : "");
    if (way == TWO_LENGTHS)
        buf_printf(out, "Content-Length: %zu\r\n", n - 1);
    if (way == TWO_FRAMINGS)
        buf_puts(out, "Transfer-Encoding: chunked\r\n");
    buf_puts(out, "\r\n");
    end = out->len;
    buf_add(out, body, n);
    if (way == CUT_IN_HEAD)
        out->len = (size_t)dice_roll(d, (int64_t)end);
    if (way == CUT_IN_BODY)
        out->len = end + (size_t)dice_roll(d, (int64_t)n);
}

void answer_bytes(struct dice *d, const struct answer *a, struct buf *out)
{
    (a->broken ? put_broken : put_whole)(d, a, out);
}
