/* attributes.c: one pass over the typed text. The plain text is never longer, so room is made once.
 */
#include "attributes.h"

#include "json_write.h"

#include <string.h>

#define REPLICATION "aws:rep:"

struct writing {
    struct json_scan scan;
    char *to;
    struct err *e;
};

static int write_value(struct writing *w);

static void put(struct writing *w, const char *text, size_t n)
{
    memcpy(w->to, text, n);
    w->to += n;
}

static void put_quoted(struct writing *w, const struct json_piece *piece)
{
    size_t n = json_copy_piece(piece, w->to + 1);

    w->to[0] = '"';
    w->to[n + 1] = '"';
    w->to += n + 2;
}

/* U+0000 becomes U+FFFD, as in every name that json.h reads. */
static void put_name(struct writing *w, const struct json_piece *name)
{
    char *from = w->to, *at;

    put_quoted(w, name);
    for (at = from; name->escaped && at < w->to; at++) {
        if (*at != '\\')
            continue;
        if (memcmp(at, "\\u0000", 6) == 0) {
            memcpy(at, "\xEF\xBF\xBD", 3);
            memmove(at + 3, at + 6, (size_t)(w->to - at - 6));
            w->to -= 3;
        } else {
            at++;
        }
    }
    put(w, ":", 1);
}

static int wrong(const struct writing *w, const char *what)
{
    return err_set(w->e, ERR_PARSE, "%s", what);
}

/* A number is one as DynamoDB writes it; other text stays text. */
static void put_number(struct writing *w, const struct json_piece *piece)
{
    char *from = w->to;
    size_t n;

    put_quoted(w, piece);
    n = (size_t)(w->to - from) - 2;
    if (!json_is_number_text(from + 1, n))
        return;
    memmove(from, from + 1, n);
    w->to = from + n;
}

static int write_set(struct writing *w, bool numbers)
{
    struct json_piece piece;
    bool first = true;

    if (json_scan_peek(&w->scan) != '[' || !json_scan_open(&w->scan, '['))
        return wrong(w, "a set is not an array");
    put(w, "[", 1);
    while (json_scan_element(&w->scan)) {
        if (json_scan_peek(&w->scan) != '"' || !json_scan_string(&w->scan, &piece))
            return wrong(w, "a set holds something that is not a string");
        put(w, ",", first ? 0 : 1);
        first = false;
        if (numbers)
            put_number(w, &piece);
        else
            put_quoted(w, &piece);
    }
    put(w, "]", 1);
    return 0;
}

static int write_list(struct writing *w)
{
    bool first = true;

    if (json_scan_peek(&w->scan) != '[' || !json_scan_open(&w->scan, '['))
        return wrong(w, "a list is not an array");
    put(w, "[", 1);
    while (json_scan_element(&w->scan)) {
        put(w, ",", first ? 0 : 1);
        first = false;
        if (write_value(w) < 0)
            return -1;
    }
    put(w, "]", 1);
    return 0;
}

static int write_map(struct writing *w)
{
    struct json_piece name;
    bool first = true;

    if (json_scan_peek(&w->scan) != '{' || !json_scan_open(&w->scan, '{'))
        return wrong(w, "a map is not an object");
    put(w, "{", 1);
    while (json_scan_member(&w->scan, &name)) {
        put(w, ",", first ? 0 : 1);
        first = false;
        put_name(w, &name);
        if (write_value(w) < 0)
            return -1;
    }
    put(w, "}", 1);
    return 0;
}

static int wrong_type(const struct writing *w, const struct json_piece *type)
{
    auto_buf text = BUF(BUF_LARGE);

    json_piece_decode(type, &text);
    return err_set(w->e, ERR_PARSE, "invalid value of type '%.16s'", buf_str(&text));
}

static int write_scalar(struct writing *w, const struct json_piece *type)
{
    char first = json_scan_peek(&w->scan);
    bool number = json_piece_is(type, "N");
    struct json_piece piece;

    if (json_piece_is(type, "NULL")) {
        put(w, "null", 4);
        return json_scan_skip(&w->scan, &piece) ? 0 : -1;
    }
    if (json_piece_is(type, "BOOL") && (first == 't' || first == 'f')) {
        put(w, first == 't' ? "true" : "false", first == 't' ? 4 : 5);
        return json_scan_word(&w->scan, &first) ? 0 : -1;
    }
    if (first != '"' || !(number || json_piece_is(type, "S") || json_piece_is(type, "B")) ||
        !json_scan_string(&w->scan, &piece))
        return wrong_type(w, type);
    if (number)
        put_number(w, &piece);
    else
        put_quoted(w, &piece);
    return 0;
}

static int write_typed(struct writing *w, const struct json_piece *type)
{
    if (json_piece_is(type, "M"))
        return write_map(w);
    if (json_piece_is(type, "L"))
        return write_list(w);
    if (json_piece_is(type, "NS"))
        return write_set(w, true);
    if (json_piece_is(type, "SS") || json_piece_is(type, "BS"))
        return write_set(w, false);
    return write_scalar(w, type);
}

/* {"S": "x"} */
static int write_value(struct writing *w)
{
    static const char expected[] = "expected one value with one type";
    struct json_piece type;

    if (json_scan_peek(&w->scan) != '{' || !json_scan_open(&w->scan, '{') ||
        !json_scan_member(&w->scan, &type))
        return wrong(w, expected);
    if (write_typed(w, &type) < 0)
        return -1;
    return json_scan_member(&w->scan, &type) ? wrong(w, expected) : 0;
}

static bool is_replication(const struct json_piece *name)
{
    auto_buf plain = BUF(BUF_LARGE);

    if (!name->escaped)
        return name->n >= strlen(REPLICATION) &&
               memcmp(name->s, REPLICATION, strlen(REPLICATION)) == 0;
    json_piece_decode(name, &plain);
    return strncmp(buf_str(&plain), REPLICATION, strlen(REPLICATION)) == 0;
}

static void pick(const struct attribute_picks *picks, const struct json_piece *name,
                 const struct json_piece *value)
{
    for (size_t i = 0; i < picks->n; i++)
        if (json_piece_is(name, picks->names[i]))
            picks->values[i] = *value;
}

static int write_attribute(struct writing *w, const struct json_piece *name,
                           const struct attribute_picks *picks)
{
    const char *from;

    put_name(w, name);
    from = w->to;
    if (write_value(w) < 0) {
        auto_buf plain = BUF(BUF_LARGE);
        json_piece_decode(name, &plain);
        return err_wrap(w->e, "attribute '%.80s'", buf_str(&plain));
    }
    pick(picks, name, &(struct json_piece){ .s = from, .n = (size_t)(w->to - from) });
    return 0;
}

static int write_image(struct writing *w, const struct attribute_picks *picks)
{
    struct json_piece name, unused;
    bool first = true;

    if (json_scan_peek(&w->scan) != '{' || !json_scan_open(&w->scan, '{'))
        return wrong(w, "a map is not an object");
    put(w, "{", 1);
    while (json_scan_member(&w->scan, &name)) {
        if (is_replication(&name)) {
            (void)!json_scan_skip(&w->scan, &unused);
            continue;
        }
        put(w, ",", first ? 0 : 1);
        first = false;
        if (write_attribute(w, &name, picks) < 0)
            return -1;
    }
    put(w, "}", 1);
    return w->scan.failed ? wrong(w, "invalid JSON") : 0;
}

int attributes_text(const struct json_piece *image, const struct attribute_picks *picks,
                    struct buf *out, struct err *e)
{
    struct writing w = { .e = e, .to = buf_room(out, image->n + JSON_COPY_SLACK) };
    const char *from = w.to;

    if (!from)
        return err_set(e, ERR_PARSE, "the image is too large");
    json_scan_start(&w.scan, image->s, image->n);
    if (write_image(&w, picks) < 0)
        return -1;
    buf_used(out, (size_t)(w.to - from));
    return 0;
}
