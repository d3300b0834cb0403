/* test_auth.c: requests with a signature or a client certificate, compared with values of other
 * implementations. */
#include "unit.h"

#include "destination.h"
#include "mem.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static const char *const parameters[] = { "key", "old", "certificate", NULL };
static const struct creds creds = { .key_id = (char *)"AKIDEXAMPLE",
                                    .secret = (char *)"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                    .token = (char *)"token" };

#define WHSEC "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

struct made {
    struct destination d;
    struct destination_request q;
    struct err e;
    int rc;
};

static void made_done(struct made *m)
{
    destination_request_done(&m->q);
    destination_done(&m->d);
}

/* The request for a body with an id; params: NAME, value, ..., NULL. */
static void make(struct made *out, const char *settings, const char *body, const struct creds *c,
                 int64_t now_ms, const char *const *params)
{
    auto_free char *text =
        xasprintf("{\"name\": \"crm\", \"timeout_ms\": 1000, \"success\": [[200, 299]], "
                  "\"idempotency_header\": null, %s}",
                  settings);
    auto_json json_t *o = NULL, *message = NULL, *values = json_object();
    struct outgoing m = { .id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                          .group = "g",
                          .sequence = "1",
                          .attempt = 1,
                          .text = body,
                          .text_len = strlen(body),
                          .now_ms = now_ms,
                          .creds = c,
                          .region = "us-east-1" };

    *out = (struct made){ 0 };
    for (; params && params[0]; params += 2)
        json_object_set_new(values, params[0], exact_string(params[1], strlen(params[1])));
    m.parameters = values;
    if (json_parse(text, strlen(text), &o, &out->e) < 0 ||
        destination_parse(o, parameters, &out->d, &out->e) < 0)
        fail_msg("%s: %s", out->e.msg, text);
    assert_int_equal(exact_parse(body, strlen(body), &message, &out->e), 0);
    m.message = message;
    out->rc = destination_request(&out->d, &m, &out->q, &out->e);
}

static const char *header(const struct made *m, const char *name)
{
    for (size_t i = 0; i < m->q.http.n_headers; i++)
        if (strcmp(m->q.headers[i].name, name) == 0)
            return m->q.headers[i].value;
    return "(none)";
}

#define AT_MS 1614265330999
#define BODY  "{\"test\": 2432232314}"
#define HOOK  "\"url\": \"https://h.example/hook\", \"auth\": {\"hmac\": {\"secrets\": "

/* The signatures are the reference library's (PyPI standardwebhooks 1.1.0). */
static void test_hmac(void **state)
{
    static const struct {
        const char *settings, *key, *want; /* want NULL: the secret is refused */
    } rows[] = {
        { HOOK "[\"${param.key}\"]}}", WHSEC, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" },
        { HOOK "[\"${param.key}\"]}}, \"method\": \"GET\"", WHSEC,
          "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=" },
        { HOOK "[\"${param.key}\"]}}", "plain-text-key",
          "v1,k/xhwlDx36ifJJoYFEAOO63Ol3buOef3elvLWUzSBl8=" },
        { HOOK "[\"${param.key}\"]}}", "whsec_AAECAwQ",
          "v1,2WOsBmvxv9pzp5lwUEaTOBq63cqRF1OJBvJSHVAn6No=" },
        { HOOK "[\"${param.key}\"]}}",
          "whsec_AAECAwQ=", "v1,2WOsBmvxv9pzp5lwUEaTOBq63cqRF1OJBvJSHVAn6No=" },
        { HOOK "[\"${param.key}\", \"${param.old}\"]}}", WHSEC,
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
          "v1,k/xhwlDx36ifJJoYFEAOO63Ol3buOef3elvLWUzSBl8=" },
        { HOOK "[\"${param.key}\"]}}", "whsec_not base64", NULL },
        { HOOK "[\"${param.key}\"]}}", "whsec_AAECA", NULL },
        { HOOK "[\"${param.key}\"]}}", "whsec_", NULL },
        { HOOK "[\"${param.key}\"]}}", "", NULL },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const char *params[] = { "key", rows[i].key, "old", "plain-text-key", NULL };
        __attribute__((cleanup(made_done))) struct made m;
        make(&m, rows[i].settings, BODY, NULL, AT_MS, params);
        if (!rows[i].want) {
            assert_int_equal(m.rc, -1);
            assert_int_equal(m.e.code, ERR_CREDENTIALS);
            assert_non_null(strstr(m.e.msg, "secrets"));
            continue;
        }
        assert_int_equal(m.rc, 0);
        assert_string_equal(header(&m, "webhook-id"), "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_string_equal(header(&m, "webhook-timestamp"), "1614265330");
        assert_string_equal(header(&m, "webhook-signature"), rows[i].want);
    }
}

#define OWN(body, more)                                                                            \
    "\"url\": \"https://h.example/hook\", \"body_type\": \"text\", \"body\": \"" body              \
    "\", \"auth\": {\"hmac\": {\"secrets\": [\"${param.key}\"], " more "}}"
#define SLACK_BODY                                                                                 \
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="         \
    "G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-"     \
    "collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F39770088"   \
    "5554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447f"  \
    "ce8b6703c"

/*
 * GitHub's and Slack's values are those of their documentation
 * (https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries,
 * https://docs.slack.dev/authentication/verifying-requests-from-slack), the others Python's hmac's.
 */
static void test_hmac_of_other_forms(void **state)
{
    static const struct {
        const char *settings, *key;
        int64_t at_ms;
        const char *header, *want;
    } rows[] = {
        { OWN("Hello, World!",
              "\"header\": \"X-Hub-Signature-256\", \"value\": \"sha256=${signature}\""),
          "It's a Secret to Everybody", AT_MS, "X-Hub-Signature-256",
          "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
        { OWN(SLACK_BODY, "\"header\": \"X-Slack-Signature\", \"value\": \"v0=${signature}\", "
                          "\"signed\": \"v0:${timestamp}:${body}\", \"timestamp_header\": "
                          "\"X-Slack-Request-Timestamp\""),
          "8f742231b10e8888abcd99yyyzzz85a5", 1531420618000, "X-Slack-Signature",
          "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503" },
        { OWN("${message:tojson}", "\"header\": \"Stripe-Signature\", \"signed\": "
                                   "\"${timestamp}.${body}\", \"value\": "
                                   "\"t=${timestamp},v1=${signature}\""),
          "whsec_test", AT_MS, "Stripe-Signature",
          "t=1614265330,v1=74428a313fa95611e15ba5c3c6b7392b09e4fc1c5d4a246d9aebd747e35b233f" },
        { OWN("a",
              "\"header\": \"X-Shopify-Hmac-Sha256\", \"encoding\": \"base64\", \"algorithm\": "
              "null"),
          "hush", AT_MS, "X-Shopify-Hmac-Sha256", "XoqbeaZ8yM6A3+Zmi6PCHUQLDnSl4EchirCj5raH4Rk=" },
        { OWN("a", "\"header\": \"X-S\", \"algorithm\": \"sha1\""), "hush", AT_MS, "X-S",
          "e11d63362e8390ca8985be17f423a858757bf47e" },
        { OWN("a", "\"header\": \"X-S\", \"algorithm\": \"sha512\", \"encoding\": \"base64\", "
                   "\"signed\": \"${id}|${body}\""),
          "hush", AT_MS, "X-S",
          "wrZER0z3oeZGQkr/"
          "fWh7c9h7jZOGreXEJCkEU6egcdHyL369SSMEGgc7kLreIFWko9OkjPIXnDKtyVVB3LVHcw==" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const char *params[] = { "key", rows[i].key, NULL };
        __attribute__((cleanup(made_done))) struct made m;
        make(&m, rows[i].settings, BODY, NULL, rows[i].at_ms, params);
        if (m.rc)
            fail_msg("row %zu: %s", i, m.e.msg);
        assert_string_equal(header(&m, rows[i].header), rows[i].want);
        assert_string_equal(header(&m, "webhook-signature"), "(none)");
        assert_string_equal(header(&m, "X-Slack-Request-Timestamp"),
                            i == 1 ? "1531420618" : "(none)");
    }
}

static void test_hmac_settings_that_are_wrong(void **state)
{
    static const char *const rows[] = {
        "\"header\": \"X S\"",
        "\"header\": \"X-S\", \"algorithm\": \"md5\"",
        "\"header\": \"X-S\", \"encoding\": \"Hex\"",
        "\"header\": \"X-S\", \"signed\": \"${message}\"",
        "\"header\": \"X-S\", \"value\": \"${body}\"",
        "\"header\": \"X-S\", \"timestamp_header\": \"\"",
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        __attribute__((cleanup(destination_done))) struct destination d = { 0 };
        auto_free char *text =
            xasprintf("{\"name\": \"a\", \"url\": \"https://h/\", \"timeout_ms\": 1, \"success\": "
                      "[[200, 200]], \"auth\": {\"hmac\": {\"secrets\": [\"${param.key}\"], %s}}}",
                      rows[i]);
        auto_json json_t *o = json_loads(text, 0, NULL);
        struct err e = { 0 };
        if (destination_parse(o, parameters, &d, &e) == 0)
            fail_msg("taken: %s", rows[i]);
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.msg, "auth.hmac"));
    }
}

#define IAM(service) "\"auth\": {\"sigv4\": {\"service\": \"" service "\"}}"

/* The signatures are botocore's. */
static void test_sigv4(void **state)
{
    static const struct creds no_token = { .key_id = (char *)"AKIDEXAMPLE",
                                           .secret =
                                               (char *)"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
    __attribute__((cleanup(made_done))) struct made post, get, none;
    (void)state;

    make(&post,
         "\"url\": \"https://api.example.com/prod/a%20b/%C3%A9//c?z=1&a=x%2Fy&a=\", " IAM(
             "execute-api"),
         "{\"a\": 1}", &creds, 1767323045678, NULL);
    assert_int_equal(post.rc, 0);
    assert_string_equal(header(&post, "Host"), "api.example.com");
    assert_string_equal(header(&post, "X-Amz-Date"), "20260102T030405Z");
    assert_string_equal(header(&post, "X-Amz-Security-Token"), "token");
    assert_string_equal(
        header(&post, "Authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/execute-api/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "
        "Signature=06cb629b07bf8d2c5f92cbb3204e448bd640d8d9b2d83064867f12d5e7c7039a");
    make(&get, "\"url\": \"https://api.example.com\", \"method\": \"GET\", " IAM("lambda"), "{}",
         &no_token, 1767323045678, NULL);
    assert_int_equal(get.rc, 0);
    assert_string_equal(header(&get, "X-Amz-Security-Token"), "(none)");
    assert_string_equal(
        header(&get, "Authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/lambda/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=a4cf8bbc603595caeb7af5a76a617ebaebd04d8fe096dd1f4dc3ac11183c4230");
    make(&none, "\"url\": \"https://api.example.com\", " IAM("lambda"), "{}", NULL, 1, NULL);
    assert_int_equal(none.rc, -1);
    assert_int_equal(none.e.code, ERR_CREDENTIALS);
}

struct pair {
    char *certificate, *key, *locked_key;
};

static void pair_done(struct pair *p)
{
    free_cleansed(p->certificate);
    free_cleansed(p->key);
    free_cleansed(p->locked_key);
}

static char *bio_text(BIO *bio)
{
    char *data;
    long n = BIO_get_mem_data(bio, &data);
    char *text = xstrndup(data, (size_t)n);

    BIO_free(bio);
    return text;
}

/* A key, the same with a passphrase, and a self-signed certificate of it. */
static struct pair make_pair(EVP_PKEY *key)
{
    BIO *certificate = BIO_new(BIO_s_mem()), *plain = BIO_new(BIO_s_mem());
    BIO *locked = BIO_new(BIO_s_mem());
    X509 *x = X509_new();

    (void)X509_gmtime_adj(X509_getm_notBefore(x), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(certificate, x), 1);
    assert_int_equal(PEM_write_bio_PrivateKey(plain, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_bio_PrivateKey(locked, key, EVP_aes_128_cbc(),
                                              (const unsigned char *)"pass", 4, NULL, NULL),
                     1);
    X509_free(x);
    EVP_PKEY_free(key);
    return (struct pair){ bio_text(certificate), bio_text(plain), bio_text(locked) };
}

#define MTLS                                                                                       \
    "\"url\": \"https://h.example/\", \"auth\": {\"mtls\": {\"certificate\": "                     \
    "\"${param.certificate}\", \"key\": \"${param.key}\"}}"

static void test_mtls(void **state)
{
    __attribute__((cleanup(pair_done))) struct pair ec = make_pair(EVP_EC_gen("P-256"));
    __attribute__((cleanup(pair_done))) struct pair rsa = make_pair(EVP_RSA_gen(2048));
    auto_free char *chain = xasprintf("%s%s", ec.certificate, rsa.certificate);
    auto_free char *half = xstrndup(ec.certificate, strlen(ec.certificate) / 2);
    const struct {
        const char *certificate, *key, *says; /* says NULL: accepted */
    } rows[] = {
        { ec.certificate, ec.key, NULL },
        { rsa.certificate, rsa.key, NULL },
        { chain, ec.key, NULL },
        { ec.certificate, rsa.key, "does not match the certificate" },
        { rsa.certificate, ec.key, "does not match the certificate" },
        { "s3cret", ec.key, "expected a PEM certificate" },
        { half, ec.key, "expected a PEM certificate" },
        { ec.certificate, "s3cret", "expected a PEM private key" },
        { ec.certificate, ec.locked_key, "passphrase" },
        { ec.key, ec.certificate, "expected a PEM certificate" },
        { "", "", "expected a PEM certificate" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const char *params[] = { "certificate", rows[i].certificate, "key", rows[i].key, NULL };
        __attribute__((cleanup(made_done))) struct made m;
        make(&m, MTLS, "{}", NULL, 1, params);
        if (!rows[i].says) {
            assert_int_equal(m.rc, 0);
            assert_string_equal(m.q.http.client_certificate, rows[i].certificate);
            assert_string_equal(m.q.http.client_key, rows[i].key);
            continue;
        }
        assert_int_equal(m.rc, -1);
        assert_int_equal(m.e.code, ERR_CREDENTIALS);
        if (!strstr(m.e.msg, rows[i].says) || strstr(m.e.msg, "s3cret"))
            fail_msg("row %zu says '%s'", i, m.e.msg);
    }
}

/* mtls may be combined with another kind, and a destination may have its own CA. */
static void test_mtls_beside_another(void **state)
{
    __attribute__((cleanup(pair_done))) struct pair pair = make_pair(EVP_EC_gen("P-256"));
    auto_free char *two = xasprintf("# ours\n%s\n%s", pair.certificate, pair.certificate);
    auto_free char *half = xstrndup(pair.certificate, strlen(pair.certificate) / 2);
    auto_free char *torn = xasprintf("%s%s", pair.certificate, half);
    const struct {
        const char *ca, *says;
    } rows[] = {
        { pair.certificate, NULL }, { two, NULL }, { half, "PEM" },     { torn, "PEM" },
        { "s3cret", "PEM" },        { "", "PEM" }, { pair.key, "PEM" },
    };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const char *params[] = { "certificate", pair.certificate, "key", pair.key,
                                 "old",         rows[i].ca,       NULL };
        __attribute__((cleanup(made_done))) struct made m;
        make(&m,
             "\"url\": \"https://h.example/\", \"ca\": \"${param.old}\", \"auth\": {\"mtls\": "
             "{\"certificate\": \"${param.certificate}\", \"key\": \"${param.key}\"}, \"header\": "
             "{\"name\": \"X-Key\", \"value\": \"k\"}}",
             "{}", NULL, 1, params);
        if (rows[i].says) {
            assert_int_equal(m.e.code, ERR_CREDENTIALS);
            if (!strstr(m.e.msg, rows[i].says) || strstr(m.e.msg, "s3cret"))
                fail_msg("row %zu says '%s'", i, m.e.msg);
            continue;
        }
        assert_int_equal(m.rc, 0);
        assert_string_equal(m.q.http.client_certificate, pair.certificate);
        assert_string_equal(m.q.http.ca, rows[i].ca);
        assert_string_equal(header(&m, "X-Key"), "k");
    }
}

/* A key that cannot be sent is not the message's fault, unless it contains part of the message. */
static void test_whose_fault(void **state)
{
    static const struct {
        const char *auth;
        enum err_code code;
    } rows[] = {
        { "{\"bearer\": \"${param.key}\"}", ERR_CREDENTIALS },
        { "{\"header\": {\"name\": \"X-Key\", \"value\": \"${param.key}\"}}", ERR_CREDENTIALS },
        { "{\"basic\": {\"username\": \"u\", \"password\": \"${param.key}\"}}", ERR_CREDENTIALS },
        { "{\"bearer\": \"${message.missing}\"}", ERR_NOT_FOUND },
        { "{\"bearer\": \"${message.evil}\"}", ERR_PARSE },
    };
    static const char *const params[] = { "key", "two\nlines", NULL };
    (void)state;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *settings =
            xasprintf("\"url\": \"https://h.example/\", \"auth\": %s", rows[i].auth);
        __attribute__((cleanup(made_done))) struct made m;
        make(&m, settings, "{\"evil\": \"two\\nlines\"}", NULL, 1, params);
        assert_int_equal(m.rc, -1);
        assert_int_equal(m.e.code, rows[i].code);
        assert_null(strstr(m.e.msg, "lines"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_hmac_of_other_forms),
        cmocka_unit_test(test_hmac_settings_that_are_wrong),
        cmocka_unit_test(test_mtls_beside_another),
        cmocka_unit_test(test_sigv4),
        cmocka_unit_test(test_mtls),
        cmocka_unit_test(test_whose_fault),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
