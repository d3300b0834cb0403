/* wire.c: frames. Both ends are the same program, so an invalid frame is a bug: it aborts. */
#include "wire.h"

#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_put_int(struct buf *b, int64_t v)
{
    buf_add(b, &v, sizeof(v));
}

void wire_put_text(struct buf *b, const char *s, size_t n)
{
    wire_put_int(b, s ? (int64_t)n : -1);
    if (!s)
        return;
    buf_add(b, s, n);
    buf_putc(b, '\0');
}

static bool send_all(int fd, const char *s, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, s, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        s += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool wire_send(int fd, struct buf *b)
{
    size_t n = b->len;
    bool sent;

    if (buf_failed(b))
        abort();
    sent = send_all(fd, (const char *)&n, sizeof(n)) && send_all(fd, buf_str(b), n);
    buf_clear(b);
    return sent;
}

static bool read_all(int fd, char *s, size_t n)
{
    while (n > 0) {
        ssize_t got = read(fd, s, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        s += got;
        n -= (size_t)got;
    }
    return true;
}

bool wire_receive(int fd, struct wire_in *in)
{
    size_t n;

    *in = (struct wire_in){ 0 };
    if (!read_all(fd, (char *)&n, sizeof(n)))
        return false;
    if (n > 2 * WIRE_MAX)
        abort();
    in->data = xmalloc(n + 1);
    in->len = n;
    return read_all(fd, in->data, n);
}

void wire_in_done(struct wire_in *in)
{
    free(in->data);
    *in = (struct wire_in){ 0 };
}

static const char *take(struct wire_in *in, size_t n)
{
    const char *at = in->data + in->at;

    if (n > in->len - in->at)
        abort();
    in->at += n;
    return at;
}

int64_t wire_int(struct wire_in *in)
{
    int64_t v;

    memcpy(&v, take(in, sizeof(v)), sizeof(v));
    return v;
}

const char *wire_text(struct wire_in *in, size_t *n)
{
    int64_t len = wire_int(in);

    if (n)
        *n = len < 0 ? 0 : (size_t)len;
    return len < 0 ? NULL : take(in, (size_t)len + 1);
}
