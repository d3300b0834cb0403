/*
 * stream_record.h: the records of a DynamoDB stream event, as places in its text.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */
#ifndef FIFOQ_STREAM_RECORD_H
#define FIFOQ_STREAM_RECORD_H

#include "err.h"
#include "json_scan.h"

/* Pieces are borrowed from the event's text; their s is NULL where the record has none. */
struct stream_record {
    struct json_piece raw; /* the whole record */
    struct json_piece new_image, old_image, keys;
    unsigned event;   /* EVENT_* of contract.h; 0 for a name that is none of them */
    const char *name; /* "INSERT"; "" for others; static */
    char *sequence;   /* decimal digits; the record's own */
    char id[129];     /* eventID, or a SHA-256 when that is missing or invalid for SQS */
    double created_s; /* ApproximateCreationDateTime, since 1970; 0: missing */
};

/*
 * All records of an event: an array of *n, the caller's, with stream_record_done for each.
 * ERR_PARSE: invalid JSON, or a record that is not one of a DynamoDB stream.
 */
CHECKED int stream_records_read(const struct json_piece *event, struct stream_record **out,
                                size_t *n, struct err *e);
void stream_record_done(struct stream_record *r);

/* The image that a message is made from: the new one, of a REMOVE the old one, and the keys where
 * the stream carries no image. Its s is NULL when there is none of them. */
struct json_piece stream_record_item(const struct stream_record *r);

/* <0, 0, >0: sequence numbers are beyond 64 bits and compared as decimal numbers. */
int sequence_compare(const char *a, const char *b);

#endif
