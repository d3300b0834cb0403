/*
 * attributes.h: DynamoDB's typed attributes as plain JSON, from text to text: numbers keep their
 * digits, and no tree is made.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
 */
#ifndef FIFOQ_ATTRIBUTES_H
#define FIFOQ_ATTRIBUTES_H

#include "err.h"
#include "json_scan.h"

/* Attributes whose plain text is wanted by itself: values[i] is names[i]'s, borrowed from the whole
 * text; its s is NULL when there is no such attribute. */
struct attribute_picks {
    const char *const *names;
    struct json_piece *values;
    size_t n;
};

/*
 * image: valid JSON, a map of attributes. *out gets its plain text, compact and escaped as
 * json_write_string does. Attributes called aws:rep:* (old global tables) are left out; a name that
 * occurs twice, which DynamoDB never sends, stays. ERR_PARSE names the attribute that cannot be
 * read, never its value.
 */
CHECKED int attributes_text(const struct json_piece *image, const struct attribute_picks *picks,
                            struct buf *out, struct err *e);

#endif
