/* test_try.c: what can never be sent is reported at its field, and nothing else is. */
#include "unit.h"

#include "json.h"
#include "macros.h"
#include "mem.h"
#include "runtime/try.h"
#include "text.h"

#include <string.h>

#define WHOLE "\"name\": \"d\", \"timeout_ms\": 1000, \"success\": [[200, 299]]"
#define URL   "\"url\": \"https://h.example/a/${message.id}\""

/* k is available, gone is not. */
#define PARAMETERS "{\"k\": \"s3kr3t\", \"two\": \"s3\\nkr3t\", \"gone\": null}"

static const struct {
    const char *settings, *says; /* "path: part of the text"; "": nothing */
} rows[] = {
    { URL, "" },
    { URL ", \"method\": \"GET\"", "" },
    { "\"url\": \"HTTPS://h.example/a\"", "" },
    { "\"url\": \"ftp://h.example/a\"", "url: expected https://" },
    { "\"url\": \"https://h.example/a/../b\"", "url: the path has a segment '.' or '..'" },
    { "\"url\": \"https://h.example/a/./${message.id}\"", "url: the path has a segment" },
    { "\"url\": \"https://h.example/a/..${message.id}/..x\"", "" },
    { "\"url\": \"https://h.example/a?p=/../b\"", "" },
    { URL ", \"method\": \"DELETE\", \"body\": {\"a\": 1}",
      "body: a DELETE request sends no body" },
    { URL ", \"headers\": {\"X-A\": \"1\\n2\"}", "headers.X-A: a value holds a line break" },
    { URL ", \"headers\": {\"X-A\": \"${message.a}\"}, \"body\": {\"t\": \"${message.a[2].b}\"}",
      "" }, /* an object in a header: other messages may have a text there, and then no body */
    { URL ", \"auth\": {\"bearer\": \"${param.k}\"}", "" },
    { URL ", \"auth\": {\"bearer\": \"${param.gone}\"}", "" },
    { URL ", \"auth\": {\"bearer\": \"${param.k}\\n\"}",
      "auth.bearer: a value holds a line break" },
    { URL ", \"auth\": {\"bearer\": \"${param.gone}\\n\"}", "auth.bearer: a value holds" },
    { URL ", \"auth\": {\"bearer\": \"${param.two}\"}", "auth.bearer: a value holds" },
    { URL ", \"auth\": {\"bearer\": \"${param.none}\"}", "auth.bearer: '${param.none}'" },
    { URL ", \"auth\": {\"basic\": {\"username\": \"a:b\", \"password\": \"${param.k}\"}}",
      "auth.basic: the username contains a colon" },
    { URL ", \"auth\": {\"hmac\": {\"secrets\": [\"${param.k}\", \"whsec_${param.two}\"]}}",
      "auth.hmac.secrets[1]: " },
    { URL ", \"auth\": {\"hmac\": {\"secrets\": [\"${param.gone}\"]}}", "" },
    { URL ", \"auth\": {\"mtls\": {\"certificate\": \"${param.k}\", \"key\": \"${param.k}\"}}",
      "auth.mtls.certificate: expected a PEM certificate" },
    { URL ", \"auth\": {\"mtls\": {\"certificate\": \"${param.gone}\", \"key\": \"${param.k}\"}}",
      "" },
    { URL ", \"auth\": {\"oauth2\": {\"token_url\": \"HTTPS://h.example/t\", \"client_id\": \"x\", "
          "\"client_secret\": \"${param.gone}\"}}",
      "" },
    { URL ", \"auth\": {\"sigv4\": {\"service\": \"lambda\"}}", "" },
    /* bodies: a placeholder's value is unknown, the literal text is known */
    { URL ", \"body_type\": \"form\", \"body\": \"${message}\"", "" },
    { URL ", \"body_type\": \"form\", \"body\": \"${message.fields}\"", "" },
    { URL ", \"body_type\": \"form\", \"body\": {\"a\": [\"${message.a}\", 1]}", "" },
    { URL ", \"body_type\": \"form\"", "body: this body_type expects one" },
    { URL ", \"body_type\": \"xml\", \"body\": \"<a b='${message.a}'>${message.b}</a>\"", "" },
    { URL ", \"body_type\": \"text\", \"body\": \"${message:tojson}\"", "" },
    { URL ", \"body\": {\"a\": \"${message.M:fromjson.a}\", \"b\": \"${message.M}\", \"c\": "
          "\"${message.M:fromjson.b[1].c:fromjson.d}\", \"d\": \"${message.M:fromjson.a:tojson}\"}",
      "" },
    { URL ", \"body\": {\"a\": \"${message.M.a}\", \"b\": \"x${message.M:fromjson.a}\"}", "" },
    /* without the value, nothing can be checked in PEM and tokens */
    { URL ", \"ca\": \"${param.gone}\"", "" },
    { URL ", \"ca\": \"${param.k}\"", "ca: expected one or more PEM certificates" },
    { URL ", \"auth\": {\"oauth2\": {\"token_url\": \"https://h.example/t\", \"client_id\": \"x\", "
          "\"client_secret\": \"y\", \"ca\": \"${param.k}\"}}",
      "auth.oauth2.ca: expected one or more" },
    { URL ", \"auth\": {\"oauth2\": {\"token_url\": \"https://h.example/t\", \"client_id\": \"x\", "
          "\"client_secret\": \"y\", \"headers\": {\"X-T\": \"${param.two}\"}}}",
      "auth.oauth2.headers.X-T: a value holds" },
    { URL ", \"auth\": {\"mtls\": {\"certificate\": \"${param.k}\", \"key\": \"${param.k}\"}, "
          "\"oauth2\": {\"token_url\": \"https://h.example/t\", \"client_id\": \"x\", \"style\": "
          "\"tls\"}}",
      "auth.mtls.certificate: expected a PEM certificate" },
    { URL ", \"auth\": {\"hmac\": {\"secrets\": [\"${param.k}\"], \"header\": \"X-S\", \"signed\": "
          "\"${timestamp}.${body}\"}}",
      "" },
    { URL ", \"auth\": {\"hmac\": {\"secrets\": [\"${param.k}\"], \"header\": \"X-S\", \"signed\": "
          "\"${item}\"}}",
      "auth.hmac.signed: '${item}'" },
};

static void note(void *arg, const char *path, const char *text)
{
    buf_printf(arg, "%s: %s|", path, text);
}

static void test_what_can_never_work(void **state)
{
    auto_json json_t *parameters = json_loads(PARAMETERS, 0, NULL);
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *text = xasprintf("{" WHOLE ", %s}", rows[i].settings);
        auto_json json_t *settings = json_loads(text, 0, NULL);
        auto_buf said = BUF(BUF_SMALL);

        assert_non_null(settings);
        try_destination(settings, parameters, note, &said);
        if (*rows[i].says ? !str_starts(buf_str(&said), rows[i].says) : said.len > 0)
            fail_msg("%s: '%s', expected '%s'", rows[i].settings, buf_str(&said), rows[i].says);
        assert_null(strstr(buf_str(&said), "kr3t"));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_can_never_work) };

    return cmocka_run_group_tests_name("try", tests, NULL, NULL);
}
