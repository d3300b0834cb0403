/* test_contract.c: the contract's tables and the table of fields agree: types, words, bounds, and
 * the members of each kind of authentication. */
#include "unit.h"

#include "config/decode.h"
#include "config/fields.h"
#include "mem.h"
#include "settings_rows.h"
#include "text.h"

#include <string.h>

static const struct setting *const tables[] = { settings_rows, ingest_rows, drain_rows,
                                                destination_rows };

static bool type_fits(enum setting_type type, enum field_type field)
{
    switch (type) {
    case SETTING_INTEGER: return field == FIELD_INTEGER;
    case SETTING_MS: return field == FIELD_DURATION;
    case SETTING_NUMBER: return field == FIELD_RATE;
    case SETTING_WORD: return field == FIELD_ENUM;
    case SETTING_EVENTS: return field == FIELD_LIST;
    case SETTING_TEXT: return field == FIELD_STRING || field == FIELD_ENUM;
    case SETTING_TEMPLATE: return field == FIELD_TEXT || field == FIELD_TEMPLATE;
    case SETTING_OTHER: return field == FIELD_MAP || field == FIELD_LIST;
    }
    return false;
}

/* The runtime reads everything that the configuration allows. */
static void check_bounds(const struct setting *row, const struct field *f)
{
    int64_t unit = row->type == SETTING_MS ? 1000 : 1;

    if (row->type != SETTING_MS && row->type != SETTING_INTEGER)
        return;
    if (f->min * unit < row->min || f->max * unit > (row->max ? row->max : INT32_MAX))
        fail_msg("%s: the field's bounds are wider than the row's", row->field);
}

/* A default that is not written must have the same meaning for the reader. */
static void check_fallback(const struct setting *row, const struct field *f)
{
    auto_json json_t *value = json_loads(f->fallback ? f->fallback : "", JSON_DECODE_ANY, NULL);

    if (!(row->flags & SETTING_SPARSE))
        return;
    if (row->type == SETTING_MS)
        assert_int_equal(value_seconds(f->fallback) * 1000, row->fallback);
    else if (row->type == SETTING_WORD)
        assert_int_equal(word_number(row->words, f->fallback), row->fallback);
    else if (row->type == SETTING_INTEGER)
        assert_int_equal(json_integer_value(value), row->fallback);
    else
        assert_true(json_is_null(value));
}

static void test_rows_agree_with_fields(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNTOF(tables); i++)
        for (const struct setting *row = tables[i]; row->name; row++) {
            const struct field *f = row->field ? field_find(row->field) : NULL;
            if (!row->field)
                continue;
            if (!f || !type_fits(row->type, f->type))
                fail_msg("%s: no field of this type", row->field);
            if (row->words && row->words != f->choices)
                fail_msg("%s: the field has other words", row->field);
            check_bounds(row, f);
            check_fallback(row, f);
        }
}

/* The reader copies by the row's size. */
static void test_sizes(void **state)
{
    static const size_t sizes[] = {
        [SETTING_INTEGER] = sizeof(long),    [SETTING_MS] = sizeof(long),
        [SETTING_NUMBER] = sizeof(double),   [SETTING_WORD] = sizeof(int),
        [SETTING_EVENTS] = sizeof(unsigned), [SETTING_TEXT] = sizeof(char *),
        [SETTING_TEMPLATE] = sizeof(void *), [SETTING_OTHER] = 0,
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(tables); i++)
        for (const struct setting *row = tables[i]; row->name; row++)
            if (row->size != sizes[row->type])
                fail_msg("%s: the struct's member has another type", row->name);
}

#define AUTH "drain.destinations[].auth"

static const struct field *member_field(const struct auth_kind *kind, const struct auth_member *m)
{
    auto_free char *path = xasprintf(AUTH ".%s%s%s", kind->name, *m->name ? "." : "", m->name);

    return field_find(path);
}

static void check_member(const struct auth_kind *kind, const struct auth_member *m)
{
    static const enum field_type types[] = { [AUTH_TEXT] = FIELD_STRING,
                                             [AUTH_TEMPLATE] = FIELD_TEXT,
                                             [AUTH_TEMPLATES] = FIELD_LIST,
                                             [AUTH_MAP] = FIELD_MAP };
    const struct field *f = member_field(kind, m);
    /* signed and value have their own placeholders, which check_auth.c checks */
    enum field_type type = m->words ? FIELD_ENUM : m->roots ? FIELD_STRING : types[m->type];

    if (!f || f->type != type)
        fail_msg("%s.%s: no field of this type", kind->name, m->name);
    if (m->words && m->words != f->choices)
        fail_msg("%s.%s: the field has other words", kind->name, m->name);
    if (!(m->flags & AUTH_OPTIONAL) && (f->flags & FIELD_NULLABLE))
        fail_msg("%s.%s: the runtime expects it, the configuration may leave it out", kind->name,
                 m->name);
}

static void test_members_of_auth_are_fields(void **state)
{
    (void)state;

    for (size_t i = 0; i < AUTH_KINDS; i++)
        for (const struct auth_member *m = auth_kinds[i].members;
             m < auth_kinds[i].members + AUTH_MEMBERS && m->name; m++)
            check_member(&auth_kinds[i], m);
}

/* sigv4.resource is for the role, not for the runtime. */
static bool is_known(const char *kind_and_member)
{
    auto_free char *kind = xstrndup(kind_and_member, strcspn(kind_and_member, "."));
    const struct auth_kind *k = auth_kind_find(kind);
    const char *name = kind_and_member[strlen(kind)] ? kind_and_member + strlen(kind) + 1 : NULL;

    if (!k || !name || strpbrk(name, ".[") || strcmp(kind_and_member, "sigv4.resource") == 0)
        return k != NULL;
    for (size_t i = 0; i < AUTH_MEMBERS && k->members[i].name; i++)
        if (strcmp(k->members[i].name, name) == 0)
            return true;
    return false;
}

static void test_fields_of_auth_are_members(void **state)
{
    (void)state;

    for (size_t i = 0; i < n_config_fields; i++) {
        const char *path = config_fields[i].path;
        if (str_starts(path, AUTH ".") && !is_known(path + strlen(AUTH ".")))
            fail_msg("%s: the contract has no such member", path);
    }
}

static void test_events(void **state)
{
    auto_json json_t *names = event_names(EVENT_REMOVE | EVENT_INSERT);
    auto_free char *text = json_text(names);

    (void)state;
    assert_string_equal(text, "[\"INSERT\",\"REMOVE\"]");
    assert_int_equal(event_bit("MODIFY"), EVENT_MODIFY);
    assert_int_equal(event_bit("modify"), 0);
    assert_int_equal(event_bit(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_agree_with_fields),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_members_of_auth_are_fields),
        cmocka_unit_test(test_fields_of_auth_are_members),
        cmocka_unit_test(test_events),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
