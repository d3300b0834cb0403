/* say.c: prints the lines of `fifoq dev`. */
#include "dev/say.h"
#include "clock.h"
#include "json.h"
#include "log.h"
#include "mem.h"

#include <stdarg.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)1 << 16)
enum { NEWS_MS = 30000 };

void say_init(struct say *s, FILE *out, bool color, bool quiet, bool verbose)
{
    *s = (struct say){ .out = out, .color = color, .quiet = quiet, .verbose = verbose };
    (void)pthread_mutex_init(&s->lock, NULL);
}

void say_done(struct say *s)
{
    (void)pthread_mutex_destroy(&s->lock);
}

static bool wanted(const struct say *s, enum say_kind kind)
{
    if (kind == SAY_NOTHING)
        return s->verbose;
    return kind != SAY_EVENT || !s->quiet;
}

static const struct {
    const char *on, *off;
} colors[] = {
    [SAY_EVENT] = { "", "" },
    [SAY_NOTHING] = { "\033[2m", "\033[0m" },
    [SAY_WARNING] = { "\033[33m", "\033[0m" },
    [SAY_FRAME] = { "\033[1m", "\033[0m" },
};

/* Text from outside must not contain control characters. */
static void add_printable(struct buf *line, const char *text)
{
    for (const char *c = text; *c; c++) {
        bool control = (unsigned char)*c < 0x20 || *c == 0x7f;
        if (control)
            buf_putc(line, ' ');
        else
            buf_putc(line, *c);
    }
}

static void add_time(struct buf *line)
{
    char now[CLOCK_TEXT];
    clock_rfc3339(clock_wall_ms(), now);
    buf_add(line, now + strlen("2026-01-02T"), strlen("03:04:05"));
}

static void add_took(struct buf *line, int64_t ms)
{
    if (ms < 0)
        return;
    if (ms < 10000)
        buf_printf(line, "   %lld ms", (long long)ms);
    else
        buf_printf(line, "   %.1f s", (double)ms / 1000);
}

static void write_line(struct say *s, enum say_kind kind, const char *who, int64_t took_ms,
                       const char *text)
{
    auto_buf line = BUF(LINE_MAX_BYTES);
    if (s->color)
        buf_puts(&line, colors[kind].on);
    add_time(&line);
    buf_printf(&line, "  %-6s  ", who);
    add_printable(&line, text);
    add_took(&line, took_ms);
    if (s->color)
        buf_puts(&line, colors[kind].off);
    buf_putc(&line, '\n');
    (void)pthread_mutex_lock(&s->lock);
    (void)fwrite(buf_str(&line), 1, line.len, s->out); /* a failure cannot be reported */
    (void)fflush(s->out);
    (void)pthread_mutex_unlock(&s->lock);
}

void say(struct say *s, enum say_kind kind, const char *who, int64_t took_ms, const char *fmt, ...)
{
    auto_free char *text = NULL;
    va_list ap;
    int n = 0;

    if (!wanted(s, kind))
        return;
    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n >= 0)
        write_line(s, kind, who, took_ms, text);
}

void say_sum(struct say *s, uint64_t *sum, uint64_t n)
{
    (void)pthread_mutex_lock(&s->lock);
    *sum += n;
    (void)pthread_mutex_unlock(&s->lock);
}

/* "message (name: value, ...)" without the members that every record has. */
static char *record_words(const json_t *record)
{
    static const char *const usual[] = { "timestamp", "level", "message", "requestId", "_aws" };
    auto_buf words = BUF(LINE_MAX_BYTES / 2);
    const char *message = jget_str(record, "message");
    const char *key = NULL;
    json_t *v = NULL;
    const char *sep = " (";

    buf_puts(&words, message ? message : "");
    json_object_foreach((json_t *)record, key, v) {
        bool skip = false;
        auto_free char *text = NULL;

        for (size_t i = 0; i < COUNTOF(usual); i++)
            skip = skip || strcmp(key, usual[i]) == 0;
        if (skip)
            continue;
        text = json_is_string(v) ? xstrdup(json_string_value(v)) : json_text(v);
        buf_printf(&words, "%s%s: %s", sep, key, text);
        sep = ", ";
    }
    if (*sep == ',')
        buf_putc(&words, ')');
    return xstrdup(buf_str(&words));
}

static json_t *record_parse(const char *line)
{
    struct err ignored = { 0 };
    auto_json json_t *record = NULL;
    if (json_parse(line, strlen(line), &record, &ignored) < 0 || !json_is_object(record))
        return NULL;
    return steal(record);
}

static enum say_kind record_kind(const json_t *record, const char *who)
{
    enum log_level level = LOG_INFO;
    const char *text = jget_str(record, "level");
    const char *message = jget_str(record, "message");
    bool twice = false;

    if (!record)
        return SAY_WARNING;
    if (text)
        (void)log_level_parse(text, &level);
    twice = json_object_get(record, "type") || (message && strcmp(message, who) == 0);
    return level >= LOG_WARN && !twice ? SAY_WARNING : SAY_NOTHING;
}

bool say_log(struct say *s, struct say_repeat *last, const char *who, const char *line)
{
    auto_json json_t *record = record_parse(line);
    enum say_kind kind = record_kind(record, who);
    auto_free char *words = record ? record_words(record) : xstrdup(line);
    if (record && kind == SAY_WARNING && !say_is_news(last, words, strlen(words)))
        kind = SAY_NOTHING;
    if (!wanted(s, kind))
        return false;
    say(s, kind, who, -1, "%s", words);
    return true;
}

char *say_log_words(const char *line)
{
    auto_json json_t *record = record_parse(line);
    return record ? record_words(record) : xstrdup(line);
}

bool say_is_news(struct say_repeat *r, const char *text, size_t n)
{
    int64_t now = clock_mono_ms();
    if (r->text && strlen(r->text) == n && strncmp(r->text, text, n) == 0 &&
        now - r->at_ms < NEWS_MS)
        return false;
    free(r->text);
    r->text = xstrndup(text, n);
    r->at_ms = now;
    return true;
}

void say_repeat_done(struct say_repeat *r)
{
    free(r->text);
    *r = (struct say_repeat){ 0 };
}

const char *say_count(uint64_t n, const char *what, char out[static SAY_COUNT])
{
    (void)snprintf(out, SAY_COUNT, "%llu %s%s", (unsigned long long)n, what, n == 1 ? "" : "s");
    return out;
}
