/* stream_record.c: reads what identifies and places each record; images are only skipped, which
 * checks their JSON. */
#include "stream_record.h"

#include "contract.h"
#include "encode.h"
#include "json.h"
#include "mem.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A record's members, in the order of members[]. */
struct members {
    struct json_piece id, name, source, arn; /* strings */
    struct json_piece sequence;              /* a string */
    struct json_piece created;               /* a number */
    struct json_piece new_image, old_image, keys;
};

struct member {
    const char *name;
    size_t length;
    size_t offset;
    char type; /* '"', '0': of another type it counts as missing; '*': any */
};

/* clang-format off */
#define ROW(name, member, type) { name, sizeof(name) - 1, offsetof(struct members, member), type }

static const struct member record_members[] = {
    ROW("eventID", id, '"'),
    ROW("eventName", name, '"'),
    ROW("eventSource", source, '"'),
    ROW("eventSourceARN", arn, '"'),
    { NULL, 0, 0, 0 },
};

static const struct member dynamodb_members[] = {
    ROW("SequenceNumber", sequence, '"'),
    ROW("ApproximateCreationDateTime", created, '0'),
    ROW("NewImage", new_image, '*'),
    ROW("OldImage", old_image, '*'),
    ROW("Keys", keys, '*'),
    { NULL, 0, 0, 0 },
};
/* clang-format on */

static struct json_piece *place_of(struct members *m, const struct member *row)
{
    return (struct json_piece *)(void *)((char *)m + row->offset);
}

static bool is_number_start(char c)
{
    return c == '-' || (c >= '0' && c <= '9');
}

static void read_member(struct json_scan *s, const struct member *row, struct json_piece *out)
{
    char first = json_scan_peek(s);
    bool fits = row->type == '*' || (row->type == '"' ? first == '"' : is_number_start(first));
    struct json_piece piece;
    bool read = row->type == '"' && fits ? json_scan_string(s, &piece) : json_scan_skip(s, &piece);

    *out = read && fits ? piece : (struct json_piece){ 0 };
}

static bool is_named(const struct member *row, const struct json_piece *name)
{
    if (name->escaped)
        return json_piece_is(name, row->name);
    return name->n == row->length && memcmp(name->s, row->name, name->n) == 0;
}

static const struct member *member_find(const struct member *rows, const struct json_piece *name)
{
    while (rows->name && !is_named(rows, name))
        rows++;
    return rows->name ? rows : NULL;
}

/* An object's members of rows[]; the others are skipped. */
static void read_members(struct json_scan *s, const struct member *rows, struct members *m)
{
    struct json_piece name, unused;

    for (const struct member *row = rows; row->name; row++)
        *place_of(m, row) = (struct json_piece){ 0 };
    if (json_scan_peek(s) != '{' || !json_scan_open(s, '{')) {
        (void)!json_scan_skip(s, &unused);
        return;
    }
    while (json_scan_member(s, &name)) {
        const struct member *row = member_find(rows, &name);

        if (row)
            read_member(s, row, place_of(m, row));
        else if (rows == record_members && json_piece_is(&name, "dynamodb"))
            read_members(s, dynamodb_members, m);
        else
            (void)!json_scan_skip(s, &unused);
    }
}

/* The content of a string; NULL when it is missing. Text after U+0000 is not looked at. */
static const char *text_of(const struct json_piece *piece, struct buf *out)
{
    if (!piece->s)
        return NULL;
    json_piece_decode(piece, out);
    return buf_str(out);
}

static bool is_digits(const char *s)
{
    return s && *s && s[strspn(s, "0123456789")] == '\0';
}

/* What SQS accepts as an identifier: 1 to 128 of the visible ASCII characters. */
static bool is_identifier(const char *s)
{
    size_t n = 0;

    while (s && s[n] > ' ' && s[n] <= '~')
        n++;
    return n > 0 && n <= 128 && s[n] == '\0';
}

static void record_id(const struct members *m, const char *sequence, char out[static 129])
{
    auto_buf id = BUF(129);
    auto_buf arn = BUF(BUF_LARGE);

    if (is_identifier(text_of(&m->id, &id)) && !buf_failed(&id)) {
        memcpy(out, buf_str(&id), id.len + 1);
    } else {
        (void)text_of(&m->arn, &arn);
        buf_puts(&arn, sequence);
        sha256_hex(buf_str(&arn), arn.len, out);
    }
}

static double created_s(const struct json_piece *number)
{
    char text[64] = "";
    double seconds;

    if (number->s && number->n < sizeof(text))
        memcpy(text, number->s, number->n);
    seconds = strtod(text, NULL);
    return seconds > 0 && seconds < 1e11 ? seconds : 0;
}

static int check_source(const struct members *m, struct err *e)
{
    auto_buf text = BUF(BUF_LARGE);
    const char *source;

    if (m->source.s && json_piece_is(&m->source, "aws:dynamodb"))
        return 0;
    source = text_of(&m->source, &text);
    return err_set(e, ERR_PARSE, "from '%.80s', expected a DynamoDB stream",
                   source ? source : "nowhere");
}

static void set_event(struct stream_record *r, const struct json_piece *name)
{
    r->name = "";
    for (size_t i = 0; name->s && event_words[i]; i++) {
        if (!json_piece_is(name, event_words[i]))
            continue;
        r->name = event_words[i];
        r->event = event_bit(event_words[i]);
    }
}

static int record_make(const struct members *m, struct stream_record *out, struct err *e)
{
    auto_buf text = BUF(BUF_LARGE);
    const char *sequence;

    if (check_source(m, e) < 0)
        return -1;
    sequence = text_of(&m->sequence, &text);
    if (!is_digits(sequence))
        return err_set(e, ERR_PARSE, "dynamodb.SequenceNumber: expected decimal digits");
    *out = (struct stream_record){ .new_image = m->new_image,
                                   .old_image = m->old_image,
                                   .keys = m->keys };
    set_event(out, &m->name);
    out->sequence = xstrdup(sequence);
    out->created_s = created_s(&m->created);
    record_id(m, sequence, out->id);
    return 0;
}

/* Reads one value in any case. */
static int read_record(struct json_scan *s, struct stream_record *out, struct err *e)
{
    bool object = json_scan_peek(s) == '{';
    const char *from = s->at;
    struct members m = { 0 };

    read_members(s, record_members, &m);
    if (s->failed)
        return err_set(e, ERR_PARSE, "invalid JSON");
    if (!object)
        return err_set(e, ERR_PARSE, "expected an object");
    if (record_make(&m, out, e) < 0)
        return -1;
    out->raw = (struct json_piece){ .s = from, .n = (size_t)(s->at - from) };
    return 0;
}

struct reading {
    struct json_scan scan;
    bool found; /* an array of records */
    struct stream_record *records;
    size_t n, room;
    struct err *e;
    int rc; /* of the first record that is none */
};

static void drop_records(struct reading *r)
{
    for (size_t i = 0; i < r->n; i++)
        stream_record_done(&r->records[i]);
    r->n = 0;
}

static void append(struct reading *r, const struct stream_record *record)
{
    if (r->n == r->room) {
        r->room = r->room ? 2 * r->room : 16;
        r->records = xrealloc(r->records, r->room * sizeof(*r->records));
    }
    r->records[r->n++] = *record;
}

/* After a record that is none, the rest is only checked. */
static void read_records(struct reading *r)
{
    struct json_piece unused;
    struct stream_record record;

    drop_records(r); /* of several members of this name the last one counts */
    r->rc = 0;
    r->found = json_scan_peek(&r->scan) == '[' && json_scan_open(&r->scan, '[');
    if (!r->found) {
        (void)!json_scan_skip(&r->scan, &unused);
        return;
    }
    while (json_scan_element(&r->scan)) {
        if (r->rc < 0) {
            (void)!json_scan_skip(&r->scan, &unused);
            continue;
        }
        r->rc = read_record(&r->scan, &record, r->e);
        if (r->rc < 0)
            (void)err_wrap(r->e, "record %zu of the event", r->n);
        else
            append(r, &record);
    }
}

static void read_event(struct reading *r)
{
    struct json_piece name, unused;

    if (json_scan_peek(&r->scan) != '{' || !json_scan_open(&r->scan, '{')) {
        (void)!json_scan_skip(&r->scan, &unused);
        return;
    }
    while (json_scan_member(&r->scan, &name)) {
        if (json_piece_is(&name, "Records"))
            read_records(r);
        else
            (void)!json_scan_skip(&r->scan, &unused);
    }
}

/* Its place, in the words of json_parse. */
static int invalid(const struct json_piece *event, struct err *e)
{
    json_t *unused = NULL;

    if (json_parse(event->s, event->n, &unused, e) == 0) {
        json_decref(unused);
        (void)err_set(e, ERR_PARSE, "invalid JSON");
    }
    return err_wrap(e, "the event");
}

int stream_records_read(const struct json_piece *event, struct stream_record **out, size_t *n,
                        struct err *e)
{
    struct reading r = { .e = e };
    int rc;

    json_scan_start(&r.scan, event->s, event->n);
    read_event(&r);
    if (!json_scan_ended(&r.scan))
        rc = invalid(event, e);
    else if (!r.found)
        rc = err_set(e, ERR_PARSE,
                     "the event has no Records; expected an event of a DynamoDB stream");
    else
        rc = r.rc;
    if (rc < 0) {
        drop_records(&r);
        free(r.records);
        return -1;
    }
    *out = r.records;
    *n = r.n;
    return 0;
}

void stream_record_done(struct stream_record *r)
{
    free(r->sequence);
    r->sequence = NULL;
}

struct json_piece stream_record_item(const struct stream_record *r)
{
    if (r->new_image.s)
        return r->new_image;
    return r->event == EVENT_REMOVE && r->old_image.s ? r->old_image : r->keys;
}

int sequence_compare(const char *a, const char *b)
{
    size_t n, m;

    a += strspn(a, "0");
    b += strspn(b, "0");
    n = strlen(a);
    m = strlen(b);
    return n == m ? strcmp(a, b) : (n > m) - (n < m);
}
