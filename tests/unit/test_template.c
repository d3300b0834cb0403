/* test_template.c: the results of templates, their errors, and that no value can break out of its
 * place. */
#include "template.h"

#include "mem.h"
#include "suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const values_text =
    "{\"item\": {\"id\": \"a1\", \"total\": 12345678901234567890.12345678901234567890, \"n\": 7, "
    "\"ok\": true,"
    " \"no\": null, \"tags\": [\"x\", {\"y\": [1, 2.50]}], \"odd key\": \"odd\", \"dash-ed\": 1, "
    "\"\": \"empty\","
    " \"gr\\u00f6\\u00dfe\": \"XL\", \"\\u0001N5\": \"marked key\", \"mark\": \"\\u0001N5\", "
    "\"t\": \"\","
    " \"crlf\": \"a\\r\\nEvil: 1\", \"quote\": \"\\\",\\\"admin\\\":true,\\\"\", \"hole\": "
    "\"${item.id}\","
    " \"nul\": \"a\\u0000b\", \"dots\": \"..\", \"dot\": \".\", \"slash\": \"../../etc/x\", "
    "\"pct\": \"%2e%2e\","
    " \"query\": \"?a=b&c=d#e\", \"tab\": \"a\\tb\", \"del\": \"\\u007f\", \"snow\": \"\\u2603\","
    " \"space\": \"a b\", \"xml\": \"<a b='c'>\\\"&\\r\\n\", \"bell\": \"\\u0007\", "
    "\"fffe\": \"\\ufffe\", \"sns\": \"{\\\"id\\\": 7, \\\"n\\\": 2.50, \\\"in\\\": "
    "\\\"{\\\\\\\"x\\\\\\\": [1, 2.50]}\\\"}\", \"five\": \"5\", \"cut\": \"{\\\"id\\\": 7\", "
    "\"nuljson\": \"1\\u0000\"}, \"old\": {}, \"event\": {\"name\": \"INSERT\"}, \"table\": "
    "\"orders\"}";

static json_t *values(void)
{
    json_t *v = NULL;
    struct err e = { 0 };

    if (exact_parse(values_text, strlen(values_text), &v, &e) < 0)
        fail_msg("%s", e.msg);
    return v;
}

static struct template *compiled(const char *json)
{
    auto_json json_t *document = json_loads(json, JSON_DECODE_ANY, NULL);
    struct template *t = NULL;
    struct err e = { 0 };

    assert_non_null(document);
    if (template_compile(document, &t, &e) < 0)
        fail_msg("%s: %s", json, e.msg);
    return t;
}

static const char *const rendered[][2] = {
    { "{\"id\": \"${item.id}\"}", "{\"id\":\"a1\"}" },
    { "\"${item.total}\"", "12345678901234567890.12345678901234567890" },
    { "\"sum ${item.total}!\"", "\"sum 12345678901234567890.12345678901234567890!\"" },
    { "[\"${item.ok}\", \"${item.no}\", \"${item.n}\"]", "[true,null,7]" },
    { "\"${item.ok} ${item.no} ${item.n}\"", "\"true null 7\"" },
    { "\"${item.tags}\"", "[\"x\",{\"y\":[1,2.50]}]" },
    { "\"${item.tags[1].y[1]}\"", "2.50" },
    { "\"${item[\\\"odd key\\\"]}\"", "\"odd\"" },
    { "\"${item[\\\"\\\"]}\"", "\"empty\"" },
    { "\"${item.dash-ed}\"", "1" },
    { "\"${item.gr\xc3\xb6\xc3\x9f"
      "e}\"",
      "\"XL\"" },
    { "\"${item[\\\"\\\\u0001N5\\\"]}\"", "\"marked key\"" },
    { "{\"\\u0001N5\": 1}", "{\"\\u0001N5\":1}" },
    { "\"${table}\"", "\"orders\"" },
    { "\"${item.gone:-x y}\"", "\"x y\"" },
    { "\"${item.gone:-}\"", "\"\"" },
    { "\"${item.gone:-0}\"", "0" },
    { "\"${item.gone:-1.50}\"", "1.50" },
    { "\"${item.gone:-01}\"", "\"01\"" },
    { "\"${item.gone:-null}\"", "null" },
    { "\"${item.gone:-false}\"", "false" },
    { "\"${item.gone:-\\\"7\\\"}\"", "\"7\"" },
    { "\"${item.gone:-\\\"a}b\\\"}\"", "\"a}b\"" },
    { "\"a ${item.gone:-null} b\"", "\"a null b\"" },
    { "\"${item.no:-x}\"", "null" },
    { "\"${item.t:-x}\"", "\"\"" },
    { "\"${item.id.deeper:-x}\"", "\"x\"" },
    { "\"${item.tags[9]:-x}\"", "\"x\"" },
    { "\"${item.tags.y:-x}\"", "\"x\"" },
    { "\"$${item.id}\"", "\"${item.id}\"" },
    { "\"$$${item.id}\"", "\"$${item.id}\"" },
    { "\"$ $$ $x {} } ${item.id}$\"", "\"$ $$ $x {} } a1$\"" },
    { "\"\"", "\"\"" },
    { "{\"a\": 1.1, \"b\": 0.1, \"c\": -5, \"d\": 1e300, \"e\": [], \"f\": {}, \"g\": true}",
      "{\"a\":1.1,\"b\":0.1,\"c\":-5,\"d\":1e+300,\"e\":[],\"f\":{},\"g\":true}" },
    /* values stay values, whatever they look like */
    { "\"${item.hole}\"", "\"${item.id}\"" },
    { "\"<${item.hole}>\"", "\"<${item.id}>\"" },
    { "\"${item.quote}\"", "\"\\\",\\\"admin\\\":true,\\\"\"" },
    { "{\"x\": \"-${item.quote}-\"}", "{\"x\":\"-\\\",\\\"admin\\\":true,\\\"-\"}" },
    { "\"${item.nul}\"", "\"a\\u0000b\"" },
    { "\"<${item.nul}>\"", "\"<a\\u0000b>\"" },
    { "\"${item.mark}\"", "\"\\u0001N5\"" },
    { "\"${item.mark}!\"", "\"\\u0001N5!\"" },
    { "\"\\u0001N5\"", "\"\\u0001N5\"" },
    { "\"\\u0001N${item.n}\"", "\"\\u0001N7\"" },
    { "\"${item.crlf}\"", "\"a\\r\\nEvil: 1\"" },
    /* JSON in texts, both ways */
    { "\"${item.sns:fromjson.id}\"", "7" },
    { "\"${item.sns:fromjson.n} ${item.sns:fromjson.id}\"", "\"2.50 7\"" },
    { "\"${item.sns:fromjson.in:fromjson.x[1]}\"", "2.50" },
    { "\"${item.sns:fromjson.in:fromjson}\"", "{\"x\":[1,2.50]}" },
    { "\"${item.sns:fromjson.gone:-x}\"", "\"x\"" },
    { "\"${item.gone:fromjson.id:-x}\"", "\"x\"" },
    { "\"${item.five:fromjson}\"", "5" },
    { "\"${item.tags:tojson}\"", "\"[\\\"x\\\",{\\\"y\\\":[1,2.50]}]\"" },
    { "\"<${item.tags:tojson}>\"", "\"<[\\\"x\\\",{\\\"y\\\":[1,2.50]}]>\"" },
    { "\"${item.total:tojson}\"", "\"12345678901234567890.12345678901234567890\"" },
    { "\"${item.hole:tojson}\"", "\"\\\"${item.id}\\\"\"" },
    { "\"${item.tags:tojson:fromjson[0]}\"", "\"x\"" },
    { "[\"${item.five:tojson}\", \"${item.five:fromjson}\"]", "[\"\\\"5\\\"\",5]" },
    { "\"${item.no:tojson}\"", "\"null\"" },
};

static void test_rendered(void **state)
{
    auto_json json_t *v = values();

    (void)state;
    for (size_t i = 0; i < COUNTOF(rendered); i++) {
        struct template *t = compiled(rendered[i][0]);
        auto_json json_t *out = NULL;
        auto_buf text = BUF(BUF_SMALL);
        struct err e = { 0 };
        if (template_render(t, v, &out, &e) < 0)
            fail_msg("%s: %s", rendered[i][0], e.msg);
        exact_text(out, &text);
        if (strcmp(buf_str(&text), rendered[i][1]) != 0)
            fail_msg("%s gives %s, not %s", rendered[i][0], buf_str(&text), rendered[i][1]);
        template_free(t);
    }
}

static const struct refusal {
    const char *template, *why;
    enum err_code code;
} refusals[] = {
    { "\"${item.gone}\"", "'${item.gone}' has no value and no default", ERR_NOT_FOUND },
    { "\"a ${item.gone.x[0]}\"", "'${item.gone.x[0]}' has no value", ERR_NOT_FOUND },
    { "{\"a\": [\"${item.id.x}\"]}", "'${item.id.x}' has no value", ERR_NOT_FOUND },
    { "\"x${item}\"", "'${item}' is an object; only", ERR_PARSE },
    { "\"x${item.tags}\"", "'${item.tags}' is a list; only", ERR_PARSE },
    { "\"${item.cut:fromjson.id:-x}\"", "'${item.cut:fromjson.id}': fromjson expects", ERR_PARSE },
    { "\"${item.id:fromjson}\"", "fromjson expects JSON text", ERR_PARSE },
    { "\"${item.n:fromjson}\"", "fromjson expects", ERR_PARSE },
    { "\"${item.tags:fromjson}\"", "fromjson expects", ERR_PARSE },
    { "\"${item.nuljson:fromjson}\"", "fromjson expects", ERR_PARSE },
    { "\"${item.sns:fromjson.gone}\"", "has no value", ERR_NOT_FOUND },
};

static void test_refusals(void **state)
{
    auto_json json_t *v = values();

    (void)state;
    for (size_t i = 0; i < COUNTOF(refusals); i++) {
        struct template *t = compiled(refusals[i].template);
        json_t *out = NULL;
        struct err e = { 0 };
        assert_int_equal(template_render(t, v, &out, &e), -1);
        assert_null(out);
        assert_int_equal(e.code, refusals[i].code);
        if (!strstr(e.msg, refusals[i].why))
            fail_msg("'%s' does not say '%s'", e.msg, refusals[i].why);
        template_free(t);
    }
}

static const char *const not_templates[][2] = {
    { "${item.id", "'${item.id': '}' is missing; write $${ for a literal ${" },
    { "a ${", "expected ${name}" },
    { "${}", "'${}': expected ${name}" },
    { "${.a}", "expected ${name}" },
    { "${item.}", "'${item.}': after '.', expected a name" },
    { "${item..a}", "after '.', expected a name" },
    { "${item[x]}", "after '[', expected a number" },
    { "${item[]}", "after '[', expected a number" },
    { "${item[-1]}", "after '[', expected a number" },
    { "${item[99999999]}", "after '[', expected a number" },
    { "${item[\"a]}", "after '[', expected a number" },
    { "${item[\"a\\q\"]}", "after '[', expected a number" },
    { "${item.a b}", "'${item.a b}': after the path, expected '}'" },
    { "${item id}", "after the path, expected '}'" },
    { "${item.id:x}", "after the path, expected '}'" },
    { "${item.id:fromjsonx}", "after the path, expected '}'" },
    { "${item.id:tojson id}", "after the path, expected '}'" },
    { "${a:-${b}}", "a default cannot hold another placeholder" },
    { "${a:-\"x\" }", "a default in quotes must be one JSON string" },
    { "${a:-\"x}", "a default in quotes must be one JSON string" },
    { "ok ${item.id} and ${it!m}", "'${it!m}': after the path" },
    { "${a\n}", "'${a?}'" },
};

static void test_not_templates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(not_templates); i++) {
        struct template *t = NULL;
        struct err e = { 0 };
        if (template_compile_text(not_templates[i][0], &t, &e) == 0)
            fail_msg("'%s' was taken", not_templates[i][0]);
        assert_int_equal(e.code, ERR_CONFIG);
        if (!strstr(e.msg, not_templates[i][1]))
            fail_msg("'%s' does not say '%s'", e.msg, not_templates[i][1]);
    }
}

static void test_place_in_document(void **state)
{
    auto_json json_t *d = json_loads("{\"lines\": [1, {\"sku\": \"${x\"}]}", 0, NULL);
    auto_json json_t *key = json_loads("{\"${x}\": 1}", 0, NULL);
    struct template *t = NULL;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(template_compile(d, &t, &e), -1);
    assert_non_null(strstr(e.msg, "in 'lines': in [1]: in 'sku': '${x': '}' is missing"));
    assert_int_equal(template_compile(key, &t, &e), -1);
    assert_non_null(strstr(e.msg, "a name cannot hold a placeholder"));
}

static void test_limits(void **state)
{
    char deep[400] = "", path[400] = "${a";
    auto_json json_t *d = NULL;
    struct template *t = NULL;
    struct err e = { 0 };

    (void)state;
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    d = json_loads(deep, 0, NULL);
    assert_int_equal(template_compile(d, &t, &e), -1);
    assert_non_null(strstr(e.msg, "at most 64 levels deep"));
    for (int i = 0; i < 40; i++)
        memcpy(path + 3 + 2 * (size_t)i, ".b", 3);
    memcpy(path + strlen(path), "}", 2);
    assert_int_equal(template_compile_text(path, &t, &e), -1);
    assert_non_null(strstr(e.msg, "at most 32 steps"));
}

/* A small template that would produce 20000 times a 1 KiB text. */
static void test_render_is_capped(void **state)
{
    auto_json json_t *v = json_object(), *d = json_array(), *out = NULL;
    char text[1025] = "";
    struct template *t = NULL;
    struct err e = { 0 };

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    json_object_set_new(v, "item", json_string(text));
    for (int i = 0; i < 19000; i++)
        json_array_append_new(d, json_string("${item}"));
    assert_int_equal(template_compile(d, &t, &e), 0);
    assert_int_equal(template_render(t, v, &out, &e), -1);
    assert_int_equal(e.code, ERR_PARSE);
    assert_non_null(strstr(e.msg, "too large"));
    template_free(t);
}

static const struct use_row {
    enum template_use use;
    const char *template, *want; /* want NULL: refused */
} uses[] = {
    { TEMPLATE_PLAIN, "${item.id}-${item.n}", "a1-7" },
    { TEMPLATE_PLAIN, "${item.crlf}", "a\r\nEvil: 1" },
    { TEMPLATE_PLAIN, "${item}", NULL },
    { TEMPLATE_URL, "https://h/o/${item.id}?q=${item.space}", "https://h/o/a1?q=a%20b" },
    { TEMPLATE_URL, "https://h/o/${item.slash}", "https://h/o/..%2F..%2Fetc%2Fx" },
    { TEMPLATE_URL, "https://h/o/${item.query}/x", "https://h/o/%3Fa%3Db%26c%3Dd%23e/x" },
    { TEMPLATE_URL, "https://h/?q=${item.query}", "https://h/?q=%3Fa%3Db%26c%3Dd%23e" },
    { TEMPLATE_URL, "https://h/${item.crlf}", "https://h/a%0D%0AEvil%3A%201" },
    { TEMPLATE_URL, "https://h/${item.nul}", "https://h/a%00b" },
    { TEMPLATE_URL, "https://h/${item.pct}", "https://h/%252e%252e" },
    { TEMPLATE_URL, "https://h/${item.snow}", "https://h/%E2%98%83" },
    { TEMPLATE_URL, "https://h/v1/${item.dots}", NULL },
    { TEMPLATE_URL, "https://h/v1/${item.dots}/x", NULL },
    { TEMPLATE_URL, "https://h/v1/${item.dot}?x", NULL },
    { TEMPLATE_URL, "https://h/v1/.${item.dot}", NULL },
    { TEMPLATE_URL, "https://h/v1/%2e${item.dot}", NULL },
    { TEMPLATE_URL, "https://h/v1/${item.dot}${item.dot}/", NULL },
    { TEMPLATE_URL, "https://h/v1/${item.t}", NULL },
    { TEMPLATE_URL, "https://h/v1/${item.t}/x", NULL },
    { TEMPLATE_URL, "https://h/v1/a${item.dots}", "https://h/v1/a.." },
    { TEMPLATE_URL, "https://h/v1/${item.dots}.${item.dots}", "https://h/v1/....." },
    { TEMPLATE_URL, "https://h/v1?a=${item.t}&b=${item.dots}", "https://h/v1?a=&b=.." },
    { TEMPLATE_URL, "https://h/v1/${item.no}", NULL },
    { TEMPLATE_URL, "https://h/v1/a-${item.no}/x", NULL },
    { TEMPLATE_URL, "https://h/v1/${item.gone:-null}", NULL },
    { TEMPLATE_URL, "https://h/v1?a=${item.no}", "https://h/v1?a=null" },
    { TEMPLATE_XML, "<a b=\"${item.xml}\">${item.xml}</a>",
      "<a b=\"&#60;a b=&#39;c&#39;&#62;&#34;&#38;&#13;&#10;\">&#60;a b=&#39;c&#39;&#62;&#34;&#38;"
      "&#13;&#10;</a>" },
    { TEMPLATE_XML, "<a>${item.snow}${item.n}</a>",
      "<a>\xe2\x98\x83"
      "7</a>" },
    { TEMPLATE_XML, "<a>${item.nul}</a>", NULL },
    { TEMPLATE_XML, "<a>${item.bell}</a>", NULL },
    { TEMPLATE_XML, "<a>${item.fffe}</a>", NULL },
    { TEMPLATE_HEADER, "v ${item.id}", "v a1" },
    { TEMPLATE_HEADER, "v ${item.tab}", "v a\tb" },
    { TEMPLATE_HEADER, "v ${item.snow}", "v \xe2\x98\x83" },
    { TEMPLATE_HEADER, "v ${item.crlf}", NULL },
    { TEMPLATE_HEADER, "v ${item.nul}", NULL },
    { TEMPLATE_HEADER, "v ${item.del}", NULL },
    { TEMPLATE_HEADER, "a\nb", NULL },
};

static void test_uses(void **state)
{
    auto_json json_t *v = values();

    (void)state;
    for (size_t i = 0; i < COUNTOF(uses); i++) {
        struct template *t = NULL;
        auto_buf out = BUF(BUF_SMALL);
        struct err e = { 0 };
        int rc;
        buf_puts(&out, ">");
        assert_int_equal(template_compile_text(uses[i].template, &t, &e), 0);
        rc = template_render_text(t, v, uses[i].use, &out, &e);
        template_free(t);
        if (rc < 0 ? !!uses[i].want : !uses[i].want || strcmp(uses[i].want, buf_str(&out) + 1) != 0)
            fail_msg("'%s' gives '%s' (%s)", uses[i].template, buf_str(&out), e.msg);
        if (rc < 0)
            assert_int_equal(e.code, ERR_PARSE);
        if (rc < 0)
            assert_string_equal(buf_str(&out), ">"); /* no partial result */
        assert_null(strstr(e.msg, "Evil"));          /* no value in a message */
    }
}

static void test_nul_survives(void **state)
{
    auto_json json_t *v = values();
    struct template *t = NULL;
    auto_buf out = BUF(BUF_SMALL);
    struct err e = { 0 };

    (void)state;
    assert_int_equal(template_compile_text("${item.nul}", &t, &e), 0);
    assert_int_equal(template_render_text(t, v, TEMPLATE_PLAIN, &out, &e), 0);
    assert_int_equal(out.len, 3);
    assert_memory_equal(out.s, "a\0b", 3);
    template_free(t);
}

static const char *const event_members[] = { "id", "name", NULL };
static const char *const none[] = { NULL };
static const char *const parameters[] = { "crm-token", NULL };
static const struct template_root roots[] = { { "item", NULL },
                                              { "event", event_members },
                                              { "table", none },
                                              { "param", parameters },
                                              { NULL, NULL } };

static const char *const checks[][2] = {
    { "${item} ${item.anything[0]} ${event.id} ${table} ${param.crm-token}", NULL },
    { "${itm.id}", "'${itm.id}': unknown name 'itm'; did you mean 'item'? Allowed: item, "
                   "event, table, param" },
    { "${zzz}", "unknown name 'zzz'; allowed: item, event" },
    { "${event.nam}", "unknown name 'nam'; did you mean 'name'? Allowed: id, name" },
    { "${event}", "use ${event.NAME} with one of: id, name" },
    { "${event[0]}", "use ${event.NAME} with one of: id, name" },
    { "${table.x}", "'table' is one value and has no members" },
    { "${param.crm_token}", "did you mean 'crm-token'?" },
    { "${param}", "use ${param.NAME} with one of: crm-token" },
};

static void test_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(checks); i++) {
        struct template *t = NULL;
        struct err e = { 0 };
        int rc;
        assert_int_equal(template_compile_text(checks[i][0], &t, &e), 0);
        rc = template_check(t, roots, &e);
        template_free(t);
        if ((rc < 0) != !!checks[i][1] || (rc < 0 && !strstr(e.msg, checks[i][1])))
            fail_msg("%s: '%s'", checks[i][0], e.msg);
    }
}

static void note_path(void *arg, const char *root, const char *path)
{
    buf_printf(arg, "%s:%s ", root, path);
}

static void note_part(void *arg, const char *literal, const char *path)
{
    buf_printf(arg, literal ? "<%s>" : "(%s)", literal ? literal : path);
}

static void test_each(void **state)
{
    struct template *t = compiled("{\"a\": \"${param.x:-1} ${item.b[0]}\", \"c\": [\"${id}\", 5]}"),
                    *text = NULL;
    auto_buf out = BUF(BUF_SMALL);
    struct err e = { 0 };

    (void)state;
    template_each_path(t, note_path, &out);
    assert_string_equal(buf_str(&out), "param:param.x item:item.b[0] id:id ");
    buf_clear(&out);
    assert_int_equal(template_compile_text("https://h/$${${id}/x", &text, &e), 0);
    template_each_part(text, note_part, &out);
    assert_string_equal(buf_str(&out), "<https://h/${>(id)</x>");
    template_free(t);
    template_free(text);
}

/* The result belongs to the caller: changing it changes neither the values nor the next rendering.
 */
static void test_own_copy(void **state)
{
    auto_json json_t *v = values(), *first = NULL, *second = NULL;
    struct template *t = compiled("\"${item.tags}\"");
    struct err e = { 0 };

    (void)state;
    assert_int_equal(template_render(t, v, &first, &e), 0);
    json_array_clear(first);
    assert_int_equal(template_render(t, v, &second, &e), 0);
    assert_int_equal(json_array_size(second), 2);
    template_free(t);
}

static void test_suggest(void **state)
{
    static const char *const words[] = { "visibility", "retention", NULL, "existing" };

    (void)state;
    assert_string_equal(suggest_word("visibilty", words, 4), "visibility");
    assert_string_equal(suggest_word("Retnetion", words, 4), "retention");
    assert_null(suggest_word("banana", words, 4));
    assert_null(suggest_word("", words, 4));
    assert_int_equal(suggest_distance("ab", "ba"), 1);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
    assert_int_equal(suggest_distance("", "abc"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rendered),      cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_not_templates), cmocka_unit_test(test_place_in_document),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_render_is_capped),
        cmocka_unit_test(test_uses),          cmocka_unit_test(test_nul_survives),
        cmocka_unit_test(test_check),         cmocka_unit_test(test_each),
        cmocka_unit_test(test_own_copy),      cmocka_unit_test(test_suggest),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
