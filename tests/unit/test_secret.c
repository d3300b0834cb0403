/* test_secret.c: the digest by which a secret is recognised, with all of its rounds. */
#include "unit.h"

#include "kinds/secret.h"
#include "mem.h"

#include <string.h>

#define SALT "000102030405060708090a0b0c0d0e0f"

/* Python: hashlib.pbkdf2_hmac("sha256", b"value", SALT.encode(), 100_000).hex() */
#define HASH "9de1a2c029522136b7ae020eee50f74e89913a4c4e705bf721c0dfe9ac23cc72"
/* The same with 99,999 rounds. */
#define WEAKER "f8a6d8650d83da89dd96e7aae1be80a4837eb4bf58dd72d06a7ea113f2e024a8"

static void a_mark_fits_its_value_only(void **state)
{
    auto_free char *one = secret_mark("value"), *two = secret_mark("value");

    (void)state;
    assert_string_not_equal(one, two); /* salted */
    assert_true(secret_fits("value", one) && secret_fits("value", two));
    assert_false(secret_fits("valuf", one));
    assert_true(strlen(one) <= 256); /* a tag's value */
}

static void a_hash_has_100000_rounds(void **state)
{
    (void)state;
    assert_true(secret_fits("value", "1:" SALT ":" HASH));
    assert_false(secret_fits("value", "1:" SALT ":" WEAKER));
}

static void a_broken_mark_fits_nothing(void **state)
{
    static const char *const rows[] = { "", "1:00", "2:00:00", ("2:" SALT ":" HASH), ("1:" SALT) };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (secret_fits("value", rows[i]))
            fail_msg("'%s' fits", rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_fits_its_value_only),
        cmocka_unit_test(a_hash_has_100000_rounds),
        cmocka_unit_test(a_broken_mark_fits_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
