/* read_rows.c: one function for each type of member. What is wrong is a fault of the build, so the
 * first problem is enough. */
#include "read_rows.h"

#include "destination.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void put(const struct setting *row, void *out, const void *value)
{
    memcpy((char *)out + row->offset, value, row->size);
}

static void *pointer_at(const struct setting *row, const void *out)
{
    void *pointer;

    memcpy(&pointer, (const char *)out + row->offset, sizeof(pointer));
    return pointer;
}

static int read_integer(const struct setting *row, const json_t *v, void *out, struct err *e)
{
    json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;
    long value = (long)n;

    if (n < row->min || n > (row->max ? row->max : INT32_MAX))
        return row->max ? err_set(e, ERR_CONFIG, "%s: a whole number from %ld to %ld was expected",
                                  row->name, row->min, row->max)
                        : err_set(e, ERR_CONFIG, "%s: a whole number of at least %ld was expected",
                                  row->name, row->min);
    put(row, out, &value);
    return 0;
}

static int read_number(const struct setting *row, const json_t *v, void *out, struct err *e)
{
    double value = json_number_value(v);

    if (!json_is_number(v) || value < 0)
        return err_set(e, ERR_CONFIG, "%s: a number of at least 0 was expected", row->name);
    put(row, out, &value);
    return 0;
}

static int read_word(const struct setting *row, const json_t *v, void *out, struct err *e)
{
    int number = word_number(row->words, json_string_value(v));
    auto_buf words = BUF(BUF_SMALL);

    if (number < 0) {
        words_put(row->words, &words);
        return err_set(e, ERR_CONFIG, "%s: one of %s was expected", row->name, buf_str(&words));
    }
    put(row, out, &number);
    return 0;
}

static int read_events(const struct setting *row, const json_t *v, void *out, struct err *e)
{
    unsigned events = 0;
    const json_t *element;
    size_t i;

    json_array_foreach(v, i, element) {
        unsigned event = event_bit(json_string_value(element));
        if (!event)
            return err_set(e, ERR_CONFIG, "%s[%zu]: INSERT, MODIFY or REMOVE was expected",
                           row->name, i);
        events |= event;
    }
    put(row, out, &events);
    return events ? 0 : err_set(e, ERR_CONFIG, "%s: there are none", row->name);
}

static int read_text(const struct setting *row, const json_t *v, void *out, struct err *e)
{
    const char *text = json_string_value(v);
    char *copy;

    if (!text)
        return err_set(e, ERR_CONFIG, "%s: a text was expected", row->name);
    if ((row->flags & SETTING_NAME) && !is_token(text))
        return err_set(e, ERR_CONFIG, "%s: a plain name was expected", row->name);
    copy = xstrdup(text);
    put(row, out, &copy);
    return 0;
}

static int read_template(const struct setting *row, const json_t *v,
                         const struct template_root *roots, void *out, struct err *e)
{
    struct template *t = NULL;

    if ((row->flags & SETTING_STRING) && !json_is_string(v))
        return err_set(e, ERR_CONFIG, "%s: a text was expected", row->name);
    if (template_compile(v, &t, e) < 0)
        return err_wrap(e, "%s", row->name);
    put(row, out, &t);
    if (template_check(t, row->flags & SETTING_ONLY_PARAM ? param_roots(roots) : roots, e) < 0)
        return err_wrap(e, "%s", row->name);
    return 0;
}

static void put_fallback(const struct setting *row, void *out)
{
    int number = (int)row->fallback;

    if (row->type == SETTING_INTEGER || row->type == SETTING_MS)
        put(row, out, &row->fallback);
    else if (row->type == SETTING_WORD)
        put(row, out, &number);
}

static int read_row(const struct setting *row, const json_t *v, const struct template_root *roots,
                    void *out, struct err *e)
{
    if ((!v || json_is_null(v)) && (row->flags & (SETTING_OPTIONAL | SETTING_SPARSE))) {
        put_fallback(row, out);
        return 0;
    }
    switch (row->type) {
    case SETTING_INTEGER:
    case SETTING_MS: return read_integer(row, v, out, e);
    case SETTING_NUMBER: return read_number(row, v, out, e);
    case SETTING_WORD: return read_word(row, v, out, e);
    case SETTING_EVENTS: return read_events(row, v, out, e);
    case SETTING_TEXT: return read_text(row, v, out, e);
    case SETTING_TEMPLATE: return read_template(row, v, roots, out, e);
    case SETTING_OTHER: break;
    }
    return 0;
}

int rows_read(const struct setting *rows, const json_t *o, const struct template_root *roots,
              void *out, struct err *e)
{
    for (const struct setting *row = rows; row->name; row++)
        if (row->type != SETTING_OTHER &&
            read_row(row, json_object_get(o, row->name), roots, out, e) < 0)
            return -1;
    return 0;
}

void rows_done(const struct setting *rows, void *out)
{
    for (const struct setting *row = rows; row->name; row++) {
        if (row->type == SETTING_TEXT)
            free(pointer_at(row, out));
        else if (row->type == SETTING_TEMPLATE)
            template_free(pointer_at(row, out));
    }
}

void rows_each_template(const struct setting *rows, const void *out,
                        void (*fn)(void *arg, const struct template *t), void *arg)
{
    for (const struct setting *row = rows; row->name; row++) {
        const struct template *t = row->type == SETTING_TEMPLATE ? pointer_at(row, out) : NULL;
        if (t)
            fn(arg, t);
    }
}
