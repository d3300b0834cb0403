/* log.c: log records. */
#include "log.h"

#include "buf.h"
#include "clock.h"
#include "json.h"
#include "mem.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const names[] = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" };
static const char *const words[] = { "trace", "debug", "info ", "warn ", "error", "fatal" };

static struct {
    enum log_format format;
    enum log_level least;
    int fd;
    json_t *context;
    pthread_mutex_t lock;
} logger = { LOG_TEXT, LOG_INFO, STDERR_FILENO, NULL, PTHREAD_MUTEX_INITIALIZER };

void log_setup(enum log_format format, enum log_level least, int fd)
{
    logger.format = format;
    logger.least = least;
    logger.fd = fd;
}

bool log_level_parse(const char *text, enum log_level *out)
{
    for (size_t i = 0; i < COUNTOF(names); i++)
        if (strcasecmp(text, names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    return false;
}

bool log_on(enum log_level level)
{
    return level >= logger.least;
}

void log_context(const json_t *fields)
{
    (void)pthread_mutex_lock(&logger.lock);
    json_decref(logger.context);
    logger.context = json_deep_copy(fields);
    (void)pthread_mutex_unlock(&logger.lock);
}

static void put_json(struct buf *b, enum log_level level, const char *message, const json_t *fields)
{
    char at[CLOCK_TEXT];
    auto_json json_t *record = NULL;
    char *text;

    clock_rfc3339(clock_wall_ms(), at);
    record =
        json_pack("{s:s, s:s, s:s}", "timestamp", at, "level", names[level], "message", message);
    if (!record)
        return; /* a message that is not UTF-8 is never fifoq's */
    (void)json_object_update_missing(record, logger.context);
    (void)json_object_update_missing(record, (json_t *)fields);
    text = json_text(record);
    buf_puts(b, text);
    free_cleansed(text);
}

static void put_text(struct buf *b, enum log_level level, const char *message, const json_t *fields)
{
    char at[CLOCK_TEXT];
    const char *key;
    json_t *value;

    clock_rfc3339(clock_wall_ms(), at);
    buf_printf(b, "%.8s %s %s", at + strlen("2026-01-01T"), words[level], message);
    json_object_foreach((json_t *)fields, key, value) {
        char *text = json_is_string(value) ? xstrdup(json_string_value(value)) : json_text(value);

        buf_printf(b, " %s=%s", key, text);
        free_cleansed(text);
    }
}

/* One CloudWatch event. A record that is too long or cannot be written is lost. */
#define LINE_MAX ((size_t)256 << 10)

static void write_line(struct buf *line)
{
    buf_putc(line, '\n');
    if (!buf_failed(line) && write(logger.fd, line->s, line->len) < 0)
        return;
}

void log_document(const json_t *document)
{
    auto_buf line = BUF(LINE_MAX);
    auto_json json_t *record = json_copy((json_t *)document);
    char *text;

    (void)pthread_mutex_lock(&logger.lock);
    (void)json_object_update_missing(record, logger.context);
    (void)pthread_mutex_unlock(&logger.lock);
    text = json_text(record);
    buf_puts(&line, text);
    free_cleansed(text);
    write_line(&line);
}

void log_object(enum log_level level, const char *message, const json_t *fields)
{
    auto_buf line = BUF(LINE_MAX);

    if (!log_on(level))
        return;
    (void)pthread_mutex_lock(&logger.lock);
    if (logger.format == LOG_JSON)
        put_json(&line, level, message, fields);
    else
        put_text(&line, level, message, fields);
    (void)pthread_mutex_unlock(&logger.lock);
    write_line(&line);
}

void log_event(enum log_level level, const char *message, ...)
{
    auto_json json_t *fields = NULL;
    const char *key;
    va_list ap;

    if (!log_on(level))
        return;
    fields = json_object();
    va_start(ap, message);
    while ((key = va_arg(ap, const char *))) {
        const char *value = va_arg(ap, const char *);

        if (value)
            (void)json_object_set_new(fields, key, json_string(value));
    }
    va_end(ap);
    log_object(level, message, fields);
}
