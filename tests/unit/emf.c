/* emf.c: see emf.h. */
#include "emf.h"

#include "json.h"
#include "log.h"
#include "unit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *file;

void emf_start(int level)
{
    file = tmpfile();
    assert_non_null(file);
    log_setup(LOG_JSON, (enum log_level)level, fileno(file));
}

void emf_end(void)
{
    log_setup(LOG_JSON, LOG_FATAL, STDERR_FILENO);
    (void)fclose(file);
}

static void check_text(const json_t *text, size_t most)
{
    assert_true(json_is_string(text));
    assert_in_range(json_string_length(text), 1, most);
    for (const char *s = json_string_value(text); *s; s++)
        assert_true(isprint((unsigned char)*s));
}

/* Up to 30 names, each of a member of the document that is a short text. */
static void check_dimensions(const json_t *document, const json_t *set)
{
    const json_t *name;
    size_t i;

    assert_true(json_is_array(set) && json_array_size(set) <= 30);
    json_array_foreach(set, i, name) {
        check_text(name, 250);
        check_text(json_object_get(document, json_string_value(name)), 1024);
    }
}

static void check_value(const json_t *value)
{
    const json_t *one;
    size_t i;

    if (!json_is_array(value)) {
        assert_true(json_is_number(value));
        return;
    }
    assert_in_range(json_array_size(value), 1, 100);
    json_array_foreach(value, i, one)
        assert_true(json_is_number(one));
}

static void check_metric(const json_t *document, const json_t *metric)
{
    static const char *const units[] = { "Seconds", "Milliseconds", "Count", "None" };
    const char *unit = jget_str(metric, "Unit");
    bool known = false;

    assert_int_equal(json_object_size(metric), 2);
    check_text(json_object_get(metric, "Name"), 1024);
    assert_non_null(unit);
    for (size_t i = 0; i < COUNTOF(units); i++)
        known = known || strcmp(unit, units[i]) == 0;
    assert_true(known);
    check_value(json_object_get(document, jget_str(metric, "Name")));
}

static void check_directive(const json_t *document, const json_t *directive)
{
    const json_t *dimensions = jget_array(directive, "Dimensions"), *one;
    const json_t *metrics = jget_array(directive, "Metrics");
    auto_json json_t *names = json_object();
    size_t i;

    assert_int_equal(json_object_size(directive), 3);
    check_text(json_object_get(directive, "Namespace"), 1024);
    assert_true(json_array_size(dimensions) > 0);
    json_array_foreach(dimensions, i, one)
        check_dimensions(document, one);
    assert_in_range(json_array_size(metrics), 1, 100);
    json_array_foreach(metrics, i, one) {
        check_metric(document, one);
        assert_null(json_object_get(names, jget_str(one, "Name")));
        json_object_set_new(names, jget_str(one, "Name"), json_true());
    }
}

static void check_document(const json_t *document)
{
    const json_t *meta = jget_obj(document, "_aws"), *one;
    const json_t *directives = jget_array(meta, "CloudWatchMetrics");
    size_t i;

    assert_int_equal(json_object_size(meta), 2);
    assert_true(json_is_integer(json_object_get(meta, "Timestamp")));
    assert_true(json_array_size(directives) > 0);
    json_array_foreach(directives, i, one)
        check_directive(document, one);
}

json_t *emf_lines(void)
{
    json_t *lines = json_array();
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    rewind(file);
    while ((n = getline(&line, &room, file)) > 0) {
        json_t *document = NULL;
        struct err e;

        assert_true(n <= 256 * 1024 && line[n - 1] == '\n');
        assert_int_equal(json_parse(line, (size_t)n - 1, &document, &e), 0);
        assert_true(json_is_object(document));
        check_text(json_object_get(document, "level"), 5);
        check_text(json_object_get(document, "timestamp"), 32);
        if (json_object_get(document, "_aws"))
            check_document(document);
        json_array_append_new(lines, document);
    }
    free(line);
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    rewind(file);
    return lines;
}

/* Whether the directive has that metric under these dimensions. */
static bool speaks_of(const json_t *directive, const char *metric, bool destination)
{
    const json_t *one;
    bool dimensions = false, named = false;
    size_t i;

    json_array_foreach(jget_array(directive, "Dimensions"), i, one)
        dimensions = dimensions || json_array_size(one) == (destination ? 2 : 1);
    json_array_foreach(jget_array(directive, "Metrics"), i, one)
        named = named || strcmp(jget_str(one, "Name"), metric) == 0;
    return dimensions && named;
}

static const json_t *value_in(const json_t *line, const char *metric, const char *destination)
{
    const char *of = jget_str(line, "Destination");
    const json_t *one;
    size_t i;

    if (destination && (!of || strcmp(of, destination) != 0))
        return NULL;
    json_array_foreach(jget_array(jget_obj(line, "_aws"), "CloudWatchMetrics"), i, one)
        if (speaks_of(one, metric, destination != NULL))
            return json_object_get(line, metric);
    return NULL;
}

long emf_sum(const json_t *lines, const char *metric, const char *destination)
{
    const json_t *line;
    long sum = -1;
    size_t i;

    json_array_foreach(lines, i, line) {
        const json_t *value = value_in(line, metric, destination);
        if (value)
            sum = (sum < 0 ? 0 : sum) + (long)json_integer_value(value);
    }
    return sum;
}

const json_t *emf_values(const json_t *lines, const char *metric, const char *destination)
{
    const json_t *line, *found = NULL;
    size_t i;

    json_array_foreach(lines, i, line)
        found = found ? found : value_in(line, metric, destination);
    return found;
}
