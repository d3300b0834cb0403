/* sqs_message.h: checks a message's content, and computes its size and digests; private to sqs*.c.
 */
#ifndef FIFOQ_SQS_SQS_MESSAGE_H
#define FIFOQ_SQS_SQS_MESSAGE_H

#include "sqs/sqs_call.h"

enum { SQS_MD5_TEXT = 33 };

/* True if all characters are accepted by SQS: those of XML 1.0. text is UTF-8 without NUL. */
bool sqs_characters(const char *text, size_t n);
/* True for 1 to 128 letters, digits and punctuation characters. */
bool sqs_identifier(const char *text);

void sqs_md5(const void *data, size_t n, char out[static SQS_MD5_TEXT]);
/* MD5OfMessageAttributes of an object of {DataType, StringValue or BinaryValue}. */
void sqs_attributes_md5(const json_t *attributes, char out[static SQS_MD5_TEXT]);

/* Checks the MessageAttributes of an entry and adds their size to *size. *out: borrowed; NULL:
 * none. */
CHECKED int sqs_message_attributes(struct sqs_call *c, const json_t *in, json_t **out,
                                   size_t *size);
/* AWSTraceHeader of MessageSystemAttributes; *out: borrowed, or NULL. */
CHECKED int sqs_trace_header(struct sqs_call *c, const json_t *in, const char **out);

/* The size of an entry as SQS counts it: body and attributes, even invalid ones. */
size_t sqs_entry_size(const json_t *in);

#endif
