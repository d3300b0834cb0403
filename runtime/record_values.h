/* record_values.h: what ingest's templates use of a record, and these values as an exact tree:
 * nothing else becomes one. */
#ifndef FIFOQ_RECORD_VALUES_H
#define FIFOQ_RECORD_VALUES_H

#include "json.h"
#include "stream_record.h"
#include "template.h"

/* The images of a record that become plain JSON. */
enum { IMAGE_ITEM, IMAGE_OLD, IMAGES };

/* What templates use. */
struct record_uses {
    struct {
        bool whole;         /* the image itself */
        const char **names; /* members; borrowed from the templates */
        size_t n;
    } images[IMAGES];
    bool event, table;
};

/* Adds what t uses; NULL: nothing. */
void record_uses_add(struct record_uses *u, const struct template *t);
void record_uses_done(struct record_uses *u);

/* A record's images as plain JSON text, and in it the members that are used. */
struct record_texts {
    const struct record_uses *uses; /* of all templates */
    struct buf images[IMAGES];
    bool has[IMAGES];
    struct json_piece *members[IMAGES]; /* in the order of uses' names */
};

/* The item is always read, the old image where it is used. ERR_PARSE names the attribute that
 * cannot be read, never its value. *out needs record_texts_done in either case. */
CHECKED int record_texts_read(const struct stream_record *r, const struct record_uses *uses,
                              struct record_texts *out, struct err *e);
void record_texts_done(struct record_texts *t);

/* The roots of ingest's templates, {item, old, event, table}, as far as the template of u uses
 * them, as one exact tree: the caller's. `old` is left out where there is none. */
json_t *record_values(const struct stream_record *r, const struct record_texts *t,
                      const struct record_uses *u, const char *table);

#endif
