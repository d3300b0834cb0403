/* log.h: one record, one line, one write(2): text on a terminal, a JSON object per line in Lambda.
 */
#ifndef FIFOQ_LOG_H
#define FIFOQ_LOG_H

#include <jansson.h>
#include <stdbool.h>

enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL };
enum log_format { LOG_TEXT, LOG_JSON };

/* Text to stderr at info until set. Set before threads start. */
void log_setup(enum log_format format, enum log_level least, int fd);
/* "debug", in any case; false: unknown level. */
bool log_level_parse(const char *text, enum log_level *out);
bool log_on(enum log_level level);

/*
 * log_event(LOG_INFO, "sent", "group", group, "sequence", sequence, NULL): a message and pairs of
 * names and strings (a NULL value omits the pair), ended by NULL. JSON records start with
 * timestamp, level and message
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html). Never
 * pass a payload above LOG_DEBUG, never a secret at all.
 */
void log_event(enum log_level level, const char *message, ...) __attribute__((sentinel));
/* The same with a JSON object of fields (borrowed; may be NULL). */
void log_object(enum log_level level, const char *message, const json_t *fields);
/* An object for programs that read the log: unchanged, with the context, at every level. */
void log_document(const json_t *document);
/* Fields of every later record of this process (requestId in Lambda); copied, NULL clears. */
void log_context(const json_t *fields);

#endif
