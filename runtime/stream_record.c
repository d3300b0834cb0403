/* stream_record.c: DynamoDB's typed attributes become plain JSON; numbers keep their digits. */
#include "stream_record.h"

#include "clock.h"
#include "contract.h"
#include "encode.h"
#include "mem.h"
#include "text.h"

#include <string.h>

static int attribute_value(const json_t *typed, json_t **out, struct err *e);

static json_t *scalar_string(const json_t *v)
{
    return exact_string(json_string_value(v), json_string_length(v));
}

static int scalar_array(const json_t *v, bool numbers, json_t **out, struct err *e)
{
    auto_json json_t *list = json_array();
    const json_t *element;
    size_t i;

    if (!json_is_array(v))
        return err_set(e, ERR_PARSE, "a set is not an array");
    json_array_foreach(v, i, element) {
        if (!json_is_string(element))
            return err_set(e, ERR_PARSE, "a set holds something that is not a string");
        json_array_append_new(list, numbers ? exact_number(json_string_value(element))
                                            : scalar_string(element));
    }
    *out = steal(list);
    return 0;
}

static int attribute_list(const json_t *v, json_t **out, struct err *e)
{
    auto_json json_t *list = json_array();
    const json_t *element;
    size_t i;

    if (!json_is_array(v))
        return err_set(e, ERR_PARSE, "a list is not an array");
    json_array_foreach(v, i, element) {
        json_t *plain = NULL;
        if (attribute_value(element, &plain, e) < 0)
            return -1;
        json_array_append_new(list, plain);
    }
    *out = steal(list);
    return 0;
}

/* Names of exact trees are protected as strings are. */
static void map_set(json_t *map, const char *name, json_t *value)
{
    auto_json json_t *key = exact_string(name, strlen(name));

    json_object_set_new_nocheck(map, json_string_value(key), value);
}

static int attribute_map(const json_t *v, bool top, json_t **out, struct err *e)
{
    auto_json json_t *map = json_object();
    const json_t *element;
    const char *name;

    if (!json_is_object(v))
        return err_set(e, ERR_PARSE, "a map is not an object");
    /* the macro needs a writable pointer, and only reads */
    json_object_foreach((json_t *)v, name, element) {
        json_t *plain = NULL;
        if (top && str_starts(name, "aws:rep:"))
            continue;
        if (attribute_value(element, &plain, e) < 0)
            return top ? err_wrap(e, "attribute '%.80s'", name) : -1;
        map_set(map, name, plain);
    }
    *out = steal(map);
    return 0;
}

static int attribute_scalar(const char *type, const json_t *v, json_t **out, struct err *e)
{
    if (strcmp(type, "NULL") == 0) {
        *out = json_null();
        return 0;
    }
    if (strcmp(type, "BOOL") == 0 && json_is_boolean(v)) {
        *out = json_boolean(json_is_true(v));
        return 0;
    }
    if (!json_is_string(v) || strlen(type) != 1 || !strchr("SNB", *type))
        return err_set(e, ERR_PARSE, "invalid value of type '%.16s'", type);
    *out = *type == 'N' ? exact_number(json_string_value(v)) : scalar_string(v);
    return 0;
}

/* https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html */
static int attribute_value(const json_t *typed, json_t **out, struct err *e)
{
    void *only = json_object_iter((json_t *)typed);
    const char *type;
    const json_t *v;

    if (!only || json_object_size(typed) != 1)
        return err_set(e, ERR_PARSE, "expected one value with one type");
    type = json_object_iter_key(only);
    v = json_object_iter_value(only);
    if (strcmp(type, "M") == 0)
        return attribute_map(v, false, out, e);
    if (strcmp(type, "L") == 0)
        return attribute_list(v, out, e);
    if (strcmp(type, "SS") == 0 || strcmp(type, "BS") == 0 || strcmp(type, "NS") == 0)
        return scalar_array(v, *type == 'N', out, e);
    return attribute_scalar(type, v, out, e);
}

static bool is_digits(const char *s)
{
    return s && *s && s[strspn(s, "0123456789")] == '\0';
}

/* What SQS accepts as an identifier: 1 to 128 of the visible ASCII characters. */
static bool is_identifier(const char *s)
{
    size_t n = 0;

    while (s && s[n] > ' ' && s[n] <= '~')
        n++;
    return n > 0 && n <= 128 && s[n] == '\0';
}

static void record_id(const json_t *raw, const char *sequence, char out[static 129])
{
    const char *id = jget_str(raw, "eventID"), *arn = jget_str(raw, "eventSourceARN");

    if (is_identifier(id)) {
        memcpy(out, id, strlen(id) + 1);
    } else {
        auto_free char *place = xasprintf("%s%s", arn ? arn : "", sequence);
        sha256_hex(place, strlen(place), out);
    }
}

static double created_s(const json_t *raw)
{
    const json_t *made = json_object_get(jget_obj(raw, "dynamodb"), "ApproximateCreationDateTime");
    double seconds = json_number_value(made); /* 0 when it is not a number */

    return seconds > 0 && seconds < 1e11 ? seconds : 0;
}

int stream_record_read(const json_t *raw, struct stream_record *out, struct err *e)
{
    const char *source = jget_str(raw, "eventSource"), *name = jget_str(raw, "eventName");
    const char *sequence = jget_path_str(raw, "dynamodb.SequenceNumber");

    if (!json_is_object(raw))
        return err_set(e, ERR_PARSE, "expected an object");
    if (!source || strcmp(source, "aws:dynamodb") != 0)
        return err_set(e, ERR_PARSE, "from '%.80s', expected a DynamoDB stream",
                       source ? source : "nowhere");
    if (!is_digits(sequence))
        return err_set(e, ERR_PARSE, "dynamodb.SequenceNumber: expected decimal digits");
    *out = (struct stream_record){ .raw = raw, .name = name ? name : "", .sequence = sequence };
    out->event = event_bit(out->name);
    out->created_s = created_s(raw);
    record_id(raw, sequence, out->id);
    return 0;
}

static json_t *event_values(const struct stream_record *r)
{
    json_t *event = json_object();
    char time[CLOCK_TEXT];

    json_object_set_new(event, "id", exact_string(r->id, strlen(r->id)));
    json_object_set_new(event, "name", exact_string(r->name, strlen(r->name)));
    json_object_set_new(event, "sequence", exact_string(r->sequence, strlen(r->sequence)));
    if (r->created_s > 0) {
        clock_rfc3339((int64_t)(r->created_s * 1000 + 0.5), time);
        json_object_set_new(event, "time", exact_string(time, strlen(time)));
    }
    return event;
}

/* *out stays as it is when there is no such image. */
static int image(const struct stream_record *r, const char *name, json_t **out, struct err *e)
{
    const json_t *typed = json_object_get(jget_obj(r->raw, "dynamodb"), name);

    return typed ? attribute_map(typed, true, out, e) : 0;
}

static int item_values(const struct stream_record *r, json_t *values, struct err *e)
{
    auto_json json_t *item = NULL;
    auto_json json_t *old = NULL;

    if (image(r, "NewImage", &item, e) < 0 || image(r, "OldImage", &old, e) < 0)
        return -1;
    if (!item && r->event == EVENT_REMOVE)
        item = json_incref(old);
    if (!item && image(r, "Keys", &item, e) < 0)
        return -1;
    if (!item)
        return err_set(e, ERR_PARSE, "no image and no keys");
    json_object_set(values, "item", item);
    if (old)
        json_object_set(values, "old", old);
    return 0;
}

int stream_record_values(const struct stream_record *r, const char *table, json_t **out,
                         struct err *e)
{
    auto_json json_t *values = json_object();

    if (item_values(r, values, e) < 0)
        return -1;
    json_object_set_new(values, "event", event_values(r));
    json_object_set_new(values, "table", exact_string(table, strlen(table)));
    *out = steal(values);
    return 0;
}

int sequence_compare(const char *a, const char *b)
{
    size_t n, m;

    a += strspn(a, "0");
    b += strspn(b, "0");
    n = strlen(a);
    m = strlen(b);
    return n == m ? strcmp(a, b) : (n > m) - (n < m);
}
