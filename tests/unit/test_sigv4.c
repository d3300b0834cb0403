/* test_sigv4.c: each stage of the signature compared with AWS's published examples, and the rules
 * that these do not cover. */
#include "unit.h"

#include "json.h"
#include "mem.h"
#include "sigv4.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const struct http_header list_users_headers[] = {
    { "Content-Type", "application/x-www-form-urlencoded; charset=utf-8" },
    { "Host", "iam.amazonaws.com" },
    { "X-Amz-Date", "20150830T123600Z" },
};

/* The example in AWS's user guide. */
static const struct sigv4_request list_users = {
    .method = "GET",
    .path = "/",
    .query = "Action=ListUsers&Version=2010-05-08",
    .headers = list_users_headers,
    .n_headers = COUNTOF(list_users_headers),
    .body = "",
};

static const struct sigv4_scope list_users_scope = {
    .key_id = "AKIDEXAMPLE",
    .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .service = "iam",
    .time = "20150830T123600Z",
};

static void the_canonical_request_is_awss(void **state)
{
    auto_buf canonical = BUF(BUF_SMALL);

    (void)state;
    sigv4_canonical_request(&list_users, &canonical);
    assert_string_equal(buf_str(&canonical),
                        "GET\n/\nAction=ListUsers&Version=2010-05-08\n"
                        "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
                        "host:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
                        "content-type;host;x-amz-date\n"
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void the_string_to_sign_is_awss(void **state)
{
    auto_buf canonical = BUF(BUF_SMALL);
    auto_buf text = BUF(BUF_SMALL);

    (void)state;
    sigv4_canonical_request(&list_users, &canonical);
    sigv4_string_to_sign(&list_users_scope, buf_str(&canonical), canonical.len, &text);
    assert_string_equal(buf_str(&text),
                        "AWS4-HMAC-SHA256\n20150830T123600Z\n"
                        "20150830/us-east-1/iam/aws4_request\n"
                        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
}

static void the_authorization_is_awss(void **state)
{
    auto_free char *value = sigv4_authorization(&list_users, &list_users_scope);

    (void)state;
    assert_string_equal(
        value, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
               "SignedHeaders=content-type;host;x-amz-date, "
               "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

/* Line `number` (from 0) of the canonical form of GET path?query. */
static char *canonical_line(const char *path, const char *query, int number)
{
    struct sigv4_request q = list_users;
    auto_buf canonical = BUF(BUF_SMALL);
    const char *line;

    q.path = path;
    q.query = query;
    sigv4_canonical_request(&q, &canonical);
    line = buf_str(&canonical);
    while (number--)
        line = strchr(line, '\n') + 1;
    return xstrndup(line, strcspn(line, "\n"));
}

static void paths_are_normalised_and_encoded_again(void **state)
{
    static const char *const rows[][2] = {
        { "", "/" },
        { "/", "/" },
        { "//", "/" },
        { "/a/../..", "/" },
        { "/../a", "/a" },
        { "/./a//b/", "/a/b/" },
        { "/a/./", "/a/" },
        { "/a/b/..", "/a" },
        { "/...", "/..." },
        { "/\xe1\x88\xb4", "/%E1%88%B4" },
        { "/a b", "/a%20b" },
        { "/2017-03-31/tags/arn%3Aaws%3Alambda", "/2017-03-31/tags/arn%253Aaws%253Alambda" },
        { "/f:1/$LATEST", "/f%3A1/%24LATEST" },
        { "/-._~", "/-._~" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *line = canonical_line(rows[i][0], NULL, 1);
        assert_string_equal(line, rows[i][1]);
    }
}

static void queries_are_sorted_and_encoded_once(void **state)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "b=2&a=1", "a=1&b=2" },
        { "a=2&a=1&a=", "a=&a=1&a=2" },
        { "a", "a=" },
        { "a=b=c", "a=b%3Dc" },
        { "aa=1&a=2&A=3", "A=3&a=2&aa=1" },
        { "a-b=1&a.b=2&a=3", "a=3&a-b=1&a.b=2" },
        { "x=arn%3aaws%3Alambda", "x=arn%3Aaws%3Alambda" },
        { "x=arn:aws/y z", "x=arn%3Aaws%2Fy%20z" },
        { "x=%7e%41", "x=~A" },
        { "x=%", "x=%25" },
        { "x=%4", "x=%254" },
        { "x=%zz", "x=%25zz" },
        { "x=a+b", "x=a%2Bb" },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_free char *line = canonical_line("/", rows[i][0], 2);
        assert_string_equal(line, rows[i][1]);
    }
}

static void headers_are_sorted_folded_and_joined(void **state)
{
    static const struct http_header headers[] = {
        { "X-B", "  two   words\t here " },
        { "host", "h" },
        { "X-a", "1" },
        { "x-b", "" },
        { "X-B", "3" },
        { "X-Amz-Security-Token", "T/+=" },
    };
    struct sigv4_request q = { .method = "POST",
                               .path = "/",
                               .headers = headers,
                               .n_headers = COUNTOF(headers),
                               .body = "x",
                               .body_len = 1 };
    auto_buf canonical = BUF(BUF_SMALL);

    (void)state;
    sigv4_canonical_request(&q, &canonical);
    assert_string_equal(buf_str(&canonical),
                        "POST\n/\n\nhost:h\nx-a:1\nx-amz-security-token:T/+=\n"
                        "x-b:two words here,,3\n\nhost;x-a;x-amz-security-token;x-b\n"
                        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
}

/* tests/sigv4/data/published.json: AWS's test suite. */
static void published_signatures_come_out(void **state)
{
    auto_json json_t *all = json_load_file("tests/sigv4/data/published.json", 0, NULL);
    const json_t *requests = jget_array(all, "requests"), *each, *pair;
    size_t i, k;

    (void)state;
    assert_true(json_array_size(requests) >= 20);
    json_array_foreach(requests, i, each) {
        struct http_header headers[16];
        struct sigv4_scope scope = list_users_scope;
        struct sigv4_request q = {
            .method = jget_str(each, "method"),
            .path = jget_str(each, "path"),
            .query = jget_str(each, "query"),
            .headers = headers,
            .body = jget_str(each, "body"),
            .body_len = strlen(jget_str(each, "body")),
        };
        auto_free char *value = NULL;

        json_array_foreach(jget_array(each, "headers"), k, pair)
            headers[q.n_headers++] =
                (struct http_header){ json_string_value(json_array_get(pair, 0)),
                                      json_string_value(json_array_get(pair, 1)) };
        scope.service = jget_str(each, "service");
        value = sigv4_authorization(&q, &scope);
        if (!str_ends(value, jget_str(each, "signature")))
            fail_msg("%s: %s", jget_str(each, "name"), value);
    }
}

static void the_day_counts_and_not_its_time(struct sigv4_keys *keys)
{
    struct sigv4_scope s = { "A", "secret", "eu-west-1", "sqs", "20260101T235959Z", keys };
    unsigned before = sigv4_keys_derived(keys);
    char out[65];

    sigv4_signature(&s, "text", 4, out);
    assert_int_equal(sigv4_keys_derived(keys), before);
}

/* Whatever differs, the signature is that of a key derived for it alone. */
static void a_kept_key_signs_the_same(void **state)
{
    static const struct sigv4_scope scopes[] = {
        { "A", "secret", "eu-west-1", "sqs", "20260101T000000Z", NULL },
        { "A", "secret", "eu-west-1", "sqs", "20260102T000000Z", NULL },
        { "A", "secret", "eu-west-2", "sqs", "20260101T000000Z", NULL },
        { "A", "secret", "eu-west-1", "ssm", "20260101T000000Z", NULL },
        { "A", "another", "eu-west-1", "sqs", "20260101T000000Z", NULL },
        { "A", "secret", "eu-west-1s", "qs", "20260101T000000Z", NULL },
        { "A", "secret", "eu-west-1", "sqs", "20260101T000000Z", NULL }, /* replaced meanwhile */
    };
    struct sigv4_keys *keys = sigv4_keys_new();
    char kept[65], derived[65];

    (void)state;
    for (size_t i = 0; i < COUNTOF(scopes); i++) {
        struct sigv4_scope s = scopes[i];
        sigv4_signature(&s, "text", 4, derived);
        s.keys = keys;
        for (int times = 0; times < 3; times++) {
            sigv4_signature(&s, "text", 4, kept);
            assert_string_equal(kept, derived);
        }
        assert_int_equal(sigv4_keys_derived(keys), i + 1);
    }
    the_day_counts_and_not_its_time(keys);
    sigv4_keys_free(keys);
    sigv4_keys_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canonical_request_is_awss),
        cmocka_unit_test(the_string_to_sign_is_awss),
        cmocka_unit_test(the_authorization_is_awss),
        cmocka_unit_test(paths_are_normalised_and_encoded_again),
        cmocka_unit_test(queries_are_sorted_and_encoded_once),
        cmocka_unit_test(headers_are_sorted_folded_and_joined),
        cmocka_unit_test(published_signatures_come_out),
        cmocka_unit_test(a_kept_key_signs_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
