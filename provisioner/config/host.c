/* host.c: Punycode. Characters are expected to be composed, as keyboards write them. */
#include "config/host.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* https://www.rfc-editor.org/rfc/rfc3492#section-5 */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };
enum { LABEL_MAX = 63 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static void put_digit(struct buf *out, uint32_t d)
{
    buf_putc(out, (char)(d < 26 ? 'a' + d : '0' + (d - 26)));
}

/* Section 6.3: delta as a number of variable length. */
static void put_delta(struct buf *out, uint32_t q, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
        if (q < t)
            break;
        put_digit(out, t + (q - t) % (BASE - t));
        q = (q - t) / (BASE - t);
    }
    put_digit(out, q);
}

static uint32_t next_point(const uint32_t *points, size_t n, uint32_t from)
{
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i < n; i++)
        if (points[i] >= from && points[i] < least)
            least = points[i];
    return least;
}

static void put_punycode(struct buf *out, const uint32_t *points, size_t n)
{
    uint32_t code = FIRST, delta = 0, bias = BIAS, basic = 0, done;

    for (size_t i = 0; i < n; i++)
        if (points[i] < FIRST && ++basic)
            buf_putc(out, (char)points[i]);
    if (basic)
        buf_putc(out, '-');
    for (done = basic; done < n; delta++, code++) {
        uint32_t next = next_point(points, n, code);
        delta += (next - code) * (done + 1);
        code = next;
        for (size_t i = 0; i < n; i++) {
            delta += points[i] < code;
            if (points[i] != code)
                continue;
            put_delta(out, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
}

static bool put_label(struct buf *out, const char *label, size_t n)
{
    uint32_t points[LABEL_MAX];
    const char *s = label;
    bool ascii = true;
    size_t count = 0;

    while (s < label + n) {
        uint32_t c;
        s = utf8_next(s, &c);
        if (count == LABEL_MAX || utf8_invisible(c))
            return false;
        ascii = ascii && c < FIRST;
        points[count++] = utf8_lower(c);
    }
    if (ascii) {
        buf_add(out, label, n);
        return true;
    }
    buf_puts(out, "xn--");
    put_punycode(out, points, count);
    return true;
}

char *host_to_ascii(const char *host)
{
    auto_buf out = BUF(BUF_SMALL);
    size_t n;

    for (; *host; host += n) {
        n = strcspn(host, ".:");
        if (!put_label(&out, host, n))
            return NULL;
        if (host[n])
            buf_putc(&out, host[n++]);
    }
    return buf_steal(&out);
}
