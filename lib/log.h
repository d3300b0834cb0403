/* log.h: one record, one line, one write(2): text on a terminal, a JSON object per line in Lambda.
 */
#ifndef FIFOQ_LOG_H
#define FIFOQ_LOG_H

#include <jansson.h>
#include <stdbool.h>

enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL };
enum log_format { LOG_TEXT, LOG_JSON };

/* To stderr at info as text until set. Set before threads start. */
void log_setup(enum log_format format, enum log_level least, int fd);
/* "debug", in any case; false when it is no level. */
bool log_level_parse(const char *text, enum log_level *out);
bool log_on(enum log_level level);

/*
 * log_event(LOG_INFO, "sent", "group", group, "sequence", sequence, NULL): a message and pairs of
 * names and strings (a NULL value leaves the pair out), ended by NULL. JSON records carry
 * timestamp, level and message first
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html). Never
 * pass a payload above LOG_DEBUG, never a secret at all.
 */
void log_event(enum log_level level, const char *message, ...) __attribute__((sentinel));
/* The same with a JSON object of fields (borrowed; may be NULL). */
void log_object(enum log_level level, const char *message, const json_t *fields);
/* An object for a machine that reads the log: as it is, with the context, whatever the level is set
 * to.
 */
void log_document(const json_t *document);
/* Fields that every later record of this process carries (requestId in Lambda); copied, NULL
 * clears. */
void log_context(const json_t *fields);

#endif
