/* test_destination.c: the request for a message, messages that cannot become one, and the meaning
 * of answers. */
#include "unit.h"

#include "destination.h"
#include "mem.h"
#include "text.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

static const char *const parameters[] = { "key", "user", NULL };

static int parse_destination(const char *more, struct destination *d, struct err *e)
{
    auto_free char *text = xasprintf(
        "{\"name\": \"crm\", \"timeout_ms\": 1000, \"success\": [[200, 299], [409, 409]], %s}",
        more);
    auto_json json_t *o = NULL;

    if (json_parse(text, strlen(text), &o, e) < 0)
        fail_msg("%s: %s", e->msg, text);
    return destination_parse(o, parameters, d, e);
}

/* The request, as "METHOD URL|body|Name: value|...". NULL: the message is refused. */
static char *request_of(const char *more, const char *message, const char *id)
{
    __attribute__((cleanup(destination_done))) struct destination d = { 0 };
    __attribute__((cleanup(destination_request_done))) struct destination_request q = { 0 };
    auto_json json_t *value = NULL;
    auto_json json_t *params = json_object();
    auto_buf out = BUF(BUF_SMALL);
    struct outgoing m = { .id = id,
                          .group = "g 1",
                          .sequence = "77",
                          .attempt = 3,
                          .text = message,
                          .text_len = strlen(message),
                          .parameters = params };
    struct err e = { 0 };

    if (parse_destination(more, &d, &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(exact_parse(message, strlen(message), &value, &e), 0);
    m.message = value;
    json_object_set_new(params, "key", exact_string("s3cret/+", 8));
    json_object_set_new(params, "user", exact_string("us:er", 5));
    if (destination_request(&d, &m, &q, &e) < 0) {
        assert_true(e.code == ERR_NOT_FOUND || e.code == ERR_PARSE || e.code == ERR_CREDENTIALS);
        assert_null(strstr(e.msg, "s3cret"));
        return NULL;
    }
    buf_printf(&out, "%s %s|%.*s", q.http.method, q.http.url, (int)q.http.body_len,
               q.http.body ? q.http.body : "");
    for (size_t i = 0; i < q.http.n_headers; i++)
        if (!str_starts(q.http.headers[i].name, "X-Fifoq-"))
            buf_printf(&out, "|%s: %s", q.http.headers[i].name, q.http.headers[i].value);
    return buf_steal(&out);
}

#define URL    "\"url\": \"https://h.example/a\""
#define NO_KEY ", \"idempotency_header\": null"
#define MESSAGE                                                                                    \
    "{\"id\": \"a/b c\", \"total\": 1.10, \"evil\": \"x\\r\\nY: 1\", \"dots\": \"..\", \"list\": " \
    "[1]}"

static const struct {
    const char *settings, *want; /* want NULL: refused */
} requests[] = {
    { URL NO_KEY, "POST https://h.example/a|" MESSAGE "|Content-Type: application/json" },
    { URL ", \"idempotency_header\": \"Idempotency-Key\", \"method\": \"PUT\"",
      "PUT https://h.example/a|" MESSAGE "|Content-Type: application/json|Idempotency-Key: e-1" },
    { URL NO_KEY ", \"method\": \"GET\"", "GET https://h.example/a|" },
    { URL NO_KEY ", \"method\": \"DELETE\", \"body\": {\"a\": 1}", "DELETE https://h.example/a|" },
    { URL NO_KEY ", \"body\": {\"t\": \"${message.total}\", \"n\": \"${attempt}\", \"x\": "
                 "\"${id} ${group} ${sequence}\"}",
      "POST https://h.example/a|{\"t\":1.10,\"n\":3,\"x\":\"e-1 g 1 77\"}|Content-Type: "
      "application/json" },
    { URL NO_KEY ", \"body\": {\"type\": \"order\", \"amount\": \"${message.total}\", \"a\": 1}",
      "POST https://h.example/a|{\"type\":\"order\",\"amount\":1.10,\"a\":1}|Content-Type: "
      "application/json" },
    { URL NO_KEY
      ", \"body_type\": \"form\", \"body\": {\"z\": \"${message.id}\", \"a b[]\": "
      "[\"${message.total}\", true, null], \"none\": null, \"e\": \"\", \"n\": 5, \"x\": "
      "\"&=+% ${message.evil}\", \"l\": \"${message.list}\"}",
      "POST "
      "https://h.example/a|z=a%2Fb%20c&a%20b%5B%5D=1.10&a%20b%5B%5D=true&e=&n=5&x=%26%3D%2B%25%"
      "20x%0D%0AY%3A%201&l=1|Content-Type: application/x-www-form-urlencoded" },
    { URL NO_KEY ", \"body_type\": \"form\", \"body\": \"${message}\"",
      "POST https://h.example/a|id=a%2Fb%20c&total=1.10&evil=x%0D%0AY%3A%201&dots=..&list=1|"
      "Content-Type: application/x-www-form-urlencoded" },
    { URL NO_KEY ", \"body_type\": \"form\", \"body\": {}",
      "POST https://h.example/a||Content-Type: application/x-www-form-urlencoded" },
    { URL NO_KEY ", \"body_type\": \"form\", \"body\": \"${message.id}\"", NULL },
    { URL NO_KEY ", \"body_type\": \"form\", \"body\": {\"a\": \"${message}\"}", NULL },
    { URL NO_KEY ", \"body_type\": \"form\", \"body\": {\"a\": [\"${message.list}\"]}", NULL },
    { URL NO_KEY ", \"body_type\": \"text\", \"body\": \"${message.id}, ${message.total}\\n\"",
      "POST https://h.example/a|a/b c, 1.10\n|Content-Type: text/plain; charset=utf-8" },
    { URL NO_KEY ", \"body_type\": \"text\", \"body\": \"\"",
      "POST https://h.example/a||Content-Type: text/plain; charset=utf-8" },
    { URL NO_KEY ", \"body_type\": \"text\", \"body\": \"${message}\"", NULL },
    { URL NO_KEY ", \"body_type\": \"text\", \"body\": \"${message:tojson}\", \"headers\": "
                 "{\"content-type\": \"text/csv\"}",
      "POST https://h.example/a|{\"id\":\"a/b "
      "c\",\"total\":1.10,\"evil\":\"x\\r\\nY: 1\",\"dots\":\"..\",\"list\":[1]}|content-type: "
      "text/csv" },
    { URL NO_KEY
      ", \"body_type\": \"xml\", \"body\": \"<a b='${message.evil}'>${message.total}</a>\"",
      "POST https://h.example/a|<a b='x&#13;&#10;Y: 1'>1.10</a>|Content-Type: application/xml" },
    { URL NO_KEY ", \"body\": \"${message.missing}\"", NULL },
    { URL NO_KEY ", \"body\": \"${message.missing:-none}\"",
      "POST https://h.example/a|\"none\"|Content-Type: application/json" },
    { "\"url\": \"https://h.example/${message.id}?q=${message.id}#part\"" NO_KEY,
      "POST https://h.example/a%2Fb%20c?q=a%2Fb%20c|" MESSAGE "|Content-Type: application/json" },
    { "\"url\": \"https://h.example/x/${message.dots}/y\"" NO_KEY, NULL },
    { "\"url\": \"https://h.example/x/${message.dots}?q\"" NO_KEY, NULL },
    { "\"url\": \"https://h.example/x.${message.dots}/y\"" NO_KEY,
      "POST https://h.example/x.../y|" MESSAGE "|Content-Type: application/json" },
    { "\"url\": \"HTTPS://h.example/A\"" NO_KEY,
      "POST https://h.example/A|" MESSAGE "|Content-Type: application/json" },
    { "\"url\": \"https://h.example/${message.list}\"" NO_KEY, NULL },
    { URL NO_KEY
      ", \"headers\": {\"content-type\": \"text/plain\", \"X-A\": \"v ${message.total}\"}",
      "POST https://h.example/a|" MESSAGE "|content-type: text/plain|X-A: v 1.10" },
    { URL NO_KEY ", \"headers\": {\"X-A\": \"${message.evil}\"}", NULL },
    { URL NO_KEY ", \"auth\": {\"bearer\": \"${param.key}\"}",
      "POST https://h.example/a|" MESSAGE
      "|Content-Type: application/json|Authorization: Bearer s3cret/+" },
    { URL NO_KEY ", \"auth\": {\"basic\": {\"username\": \"me\", \"password\": \"${param.key}\"}}",
      "POST https://h.example/a|" MESSAGE
      "|Content-Type: application/json|Authorization: Basic bWU6czNjcmV0Lys=" },
    { URL NO_KEY ", \"auth\": {\"basic\": {\"username\": \"${param.user}\", \"password\": \"\"}}",
      NULL },
    { URL NO_KEY ", \"auth\": {\"header\": {\"name\": \"X-Key\", \"value\": \"k=${param.key}\"}}",
      "POST https://h.example/a|" MESSAGE "|Content-Type: application/json|X-Key: k=s3cret/+" },
    { URL NO_KEY ", \"auth\": {\"query\": {\"name\": \"api key\", \"value\": \"${param.key}\"}}",
      "POST https://h.example/a?api%20key=s3cret%2F%2B|" MESSAGE
      "|Content-Type: application/json" },
    { "\"url\": \"https://h.example/a?b=c\"" NO_KEY
      ", \"auth\": {\"query\": {\"name\": \"k\", \"value\": \"${param.key}\"}}",
      "POST https://h.example/a?b=c&k=s3cret%2F%2B|" MESSAGE "|Content-Type: application/json" },
    { URL NO_KEY ", \"auth\": {\"bearer\": \"${message.evil}\"}", NULL },
};

static void test_requests(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNTOF(requests); i++) {
        auto_free char *have = request_of(requests[i].settings, MESSAGE, "e-1");
        if (requests[i].want && have)
            assert_string_equal(have, requests[i].want);
        else if (requests[i].want || have)
            fail_msg("row %zu: %s", i, have ? have : "refused");
    }
}

/* An id of another producer cannot break out of its header. */
static void test_header_values_are_made_safe(void **state)
{
    auto_free char *have =
        request_of(URL ", \"idempotency_header\": \"K\"", "{}", "a b\r\nX: \xC3\xA9");
    (void)state;

    assert_string_equal(
        have,
        "POST https://h.example/a|{}|Content-Type: application/json|K: a%20b%0D%0AX:%20%C3%A9");
}

static void test_settings_that_are_wrong(void **state)
{
    static const struct {
        const char *settings, *says;
    } rows[] = {
        { "\"url\": 1", "url" },
        { "\"url\": \"https://h/${item.id}\"", "item" },
        { "\"url\": \"https://h/${param.keys}\"", "keys" },
        { "\"url\": \"https://h/${\"", "url" },
        { "\"url\": \"${message.id}://h/\"", "url: expected https://" },
        { "\"url\": \"https://h/a/../${message.id}\"", "url: the path has a segment" },
        { URL ", \"method\": \"PO ST\"", "method" },
        { URL ", \"body_type\": \"raw\", \"body\": \"x\"", "body_type" },
        { URL ", \"body_type\": \"form\"", "body" },
        { URL ", \"body_type\": \"text\", \"body\": {}", "body" },
        { URL ", \"body_type\": \"xml\", \"body\": null", "body" },
        { URL ", \"headers\": {\"X A\": \"1\"}", "headers" },
        { URL ", \"headers\": {\"X-A\": 1}", "X-A" },
        { URL ", \"auth\": {}", "auth" },
        { URL ", \"auth\": {\"oauth2\": {}}", "oauth2" },
        { URL ", \"auth\": {\"bearer\": {}}", "bearer" },
        { URL ", \"auth\": {\"basic\": {\"username\": \"x\"}}", "password" },
        { URL ", \"auth\": {\"header\": {\"name\": \"X:\", \"value\": \"v\"}}", "name" },
        { URL ", \"timeout_ms\": 0", "timeout_ms" },
        { URL ", \"success\": [[200]]", "success" },
        { URL ", \"success\": [[299, 200]]", "success" },
        { URL ", \"success\": []", "success" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        __attribute__((cleanup(destination_done))) struct destination d = { 0 };
        struct err e = { 0 };
        if (parse_destination(rows[i].settings, &d, &e) == 0)
            fail_msg("row %zu was taken", i);
        if (!strstr(e.msg, rows[i].says))
            fail_msg("row %zu says '%s'", i, e.msg);
    }
}

static void test_verdicts(void **state)
{
    static const struct {
        int status;
        enum verdict want;
    } rows[] = {
        { 0, VERDICT_AGAIN },     { 200, VERDICT_TAKEN },
        { 204, VERDICT_TAKEN },   { 299, VERDICT_TAKEN },
        { 301, VERDICT_REFUSED }, { 304, VERDICT_REFUSED },
        { 400, VERDICT_REFUSED }, { 401, VERDICT_AUTH },
        { 403, VERDICT_AUTH },    { 404, VERDICT_REFUSED },
        { 408, VERDICT_AGAIN },   { 409, VERDICT_TAKEN }, /* the settings say so */
        { 410, VERDICT_REFUSED }, { 413, VERDICT_REFUSED },
        { 422, VERDICT_REFUSED }, { 425, VERDICT_AGAIN },
        { 429, VERDICT_AGAIN },   { 500, VERDICT_AGAIN },
        { 501, VERDICT_AGAIN },   { 502, VERDICT_AGAIN },
        { 503, VERDICT_AGAIN },   { 504, VERDICT_AGAIN },
        { 599, VERDICT_AGAIN },
    };
    __attribute__((cleanup(destination_done))) struct destination d = { 0 };
    struct err e = { 0 };
    (void)state;

    assert_int_equal(parse_destination(URL, &d, &e), 0);
    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_int_equal(verdict_of(&d, rows[i].status, -1), rows[i].want);
    for (size_t i = 0; i < COUNTOF(rows);
         i++) /* a pause that has ended when it arrives is ignored */
        assert_int_equal(verdict_of(&d, rows[i].status, 0), rows[i].want);
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        bool limit = rows[i].status == 403 || rows[i].status == 413;
        assert_int_equal(verdict_of(&d, rows[i].status, 1000),
                         limit ? VERDICT_AGAIN : rows[i].want);
    }
    d.n_success = 1;
    assert_int_equal(verdict_of(&d, 409, -1), VERDICT_AGAIN);
}

static void test_delays(void **state)
{
    (void)state;

    for (long tries = 1; tries < 2000; tries += tries < 30 ? 1 : 97) {
        int64_t most = tries > 10 ? 900000 : (int64_t)1000 << (tries - 1);
        most = most > 900000 ? 900000 : most;
        assert_in_range(verdict_backoff_ms(tries), most * 3 / 4, most);
        assert_in_range(verdict_block_ms(tries), 7500, 900000);
    }
    assert_in_range(verdict_block_ms(1), 7500, 10000);
    assert_in_range(verdict_block_ms(9), 675000, 900000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_header_values_are_made_safe),
        cmocka_unit_test(test_settings_that_are_wrong),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_delays),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
