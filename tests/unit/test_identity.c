/* test_identity.c: the parts of the providers that can be tested separately;
 * tests/e2e/test_credentials.py tests them as a whole. */
#include "unit.h"

#include "identity/container.h"
#include "identity/dpop.h"
#include "identity/providers.h"
#include "mem.h"

#include <stdlib.h>

static void hosts_of_containers(void **state)
{
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        { "http://169.254.170.2/x", true },
        { "http://169.254.170.23/v1/credentials", true },
        { "http://[fd00:ec2::23]/v1/credentials", true },
        { "http://[::1]:80/", true },
        { "http://127.9.9.9:80/", true },
        { "http://localhost:80/?a=b", true },
        { "HTTP://LOCALHOST", true },
        { "https://anything.example/x", true },
        { "http://169.254.170.24/x", false },
        { "http://169.254.169.254/x", false },
        { "http://localhost.example/", false },
        { "http://127.0.0.1.example/", false },
        { "http://127.1/", false },
        { "http://localhost@192.0.2.1/", false },
        { "http://192.0.2.1\\@localhost/", false },
        { "http://192.0.2.1#@localhost/", false },
        { "http://192.0.2.1/http://localhost/", false },
        { "http://[::2]/", false },
        { "http://%6cocalhost/", false },
        { "https://", false },
        { "ftp://localhost/", false },
        { "/relative", false },
        { "", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (container_url_allowed(rows[i].url) != rows[i].allowed)
            fail_msg("%s", rows[i].url);
}

static void times_in_all_their_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        { "2026-01-02T03:04:05Z", 1767323045000 },
        { "2026-01-02T03:04:05UTC", 1767323045000 },
        { "2026-01-02 03:04:05+00:00", 1767323045000 },
        { "2026-01-02T03:04:05.678901Z", 1767323045000 },
        { "2026-01-02T05:34:05+02:30", 1767323045000 },
        { "2026-01-01T22:04:05-0500", 1767323045000 },
        { "2026-01-02T03:04:05", -1 },
        { "2026-01-02", -1 },
        { "2026-13-02T03:04:05Z", -1 },
        { "2026-01-02T03:04:05+2", -1 },
        { "2026-01-02T03:04:05Zulu", -1 },
        { "soon", -1 },
        { "", -1 },
    };
    auto_free char *text = when_text(1767323045678);

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (when_parse(rows[i].text) != rows[i].ms)
            fail_msg("%s: %lld", rows[i].text, (long long)when_parse(rows[i].text));
    assert_string_equal(text, "2026-01-02T03:04:05Z");
}

static void keys_that_prove_nothing(void **state)
{
    static const char *const pems[] = {
        "",
        "no key",
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n",
    };
    struct err e = { 0 };
    char *proof = NULL;

    (void)state;
    for (size_t i = 0; i < COUNTOF(pems); i++) {
        assert_int_equal(dpop_proof(pems[i], "https://x/v1/token", 0, &proof, &e), -1);
        assert_int_equal(e.code, ERR_CREDENTIALS);
    }
    assert_null(proof);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_containers),
        cmocka_unit_test(times_in_all_their_forms),
        cmocka_unit_test(keys_that_prove_nothing),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
