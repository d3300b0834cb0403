/* sqs_message.h: what may be in a message, its size and its digests; private to sqs*.c. */
#ifndef FIFOQ_SQS_SQS_MESSAGE_H
#define FIFOQ_SQS_SQS_MESSAGE_H

#include "sqs/sqs_call.h"

#define SQS_MD5_TEXT 33

/* Characters that SQS takes: those that XML 1.0 has. text is UTF-8 without NUL. */
bool sqs_characters(const char *text, size_t n);
/* 1 to 128 letters, digits and punctuation. */
bool sqs_identifier(const char *text);

void sqs_md5(const void *data, size_t n, char out[static SQS_MD5_TEXT]);
/* MD5OfMessageAttributes; of an object of {DataType, StringValue or BinaryValue}. */
void sqs_attributes_md5(const json_t *attributes, char out[static SQS_MD5_TEXT]);

/* MessageAttributes of an entry. *size grows by what they count. *out: borrowed, NULL when there
 * are none. */
CHECKED int sqs_message_attributes(struct sqs_call *c, const json_t *in, json_t **out,
                                   size_t *size);
/* AWSTraceHeader of MessageSystemAttributes; *out: borrowed, or NULL. */
CHECKED int sqs_trace_header(struct sqs_call *c, const json_t *in, const char **out);

/* Bytes of an entry as SQS counts them: body and attributes, whatever is wrong with them. */
size_t sqs_entry_size(const json_t *in);

#endif
