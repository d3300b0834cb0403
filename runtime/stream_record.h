/*
 * stream_record.h: one record of a DynamoDB stream event, and its images as exact JSON trees.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */
#ifndef FIFOQ_STREAM_RECORD_H
#define FIFOQ_STREAM_RECORD_H

#include "json.h"

/* Strings are borrowed from raw. */
struct stream_record {
    const json_t *raw;
    unsigned event;       /* EVENT_* of contract.h; 0 for a name that is none of them */
    const char *name;     /* "INSERT" */
    const char *sequence; /* decimal digits */
    char id[129];         /* eventID, or a SHA-256 when that is missing or invalid for SQS */
    double created_s;     /* ApproximateCreationDateTime, since 1970; 0: missing */
};

/* What identifies and places a record. ERR_PARSE: raw is not a record of a DynamoDB stream. */
CHECKED int stream_record_read(const json_t *raw, struct stream_record *out, struct err *e);

/*
 * The roots of ingest's templates, {item, old, event, table}, as one exact tree: the caller's. item
 * is the new image, of a REMOVE the old one, and the keys where the stream carries no image; old is
 * left out where there is none. Attributes called aws:rep:* (old global tables) are left out.
 * ERR_PARSE names the attribute that cannot be read, never its value.
 */
CHECKED int stream_record_values(const struct stream_record *r, const char *table, json_t **out,
                                 struct err *e);

/* <0, 0, >0: sequence numbers are beyond 64 bits and compared as decimal numbers. */
int sequence_compare(const char *a, const char *b);

#endif
