/* test_embed.c: the files embedded in fifoq. */
#include "unit.h"

#include <string.h>

#include "embed/embed.h"

static void each_architecture_has_its_zip(void **state)
{
    (void)state;
    static const char *const archs[] = { "x86_64", "arm64" };
    for (int i = 0; i < 2; i++) {
        const struct blob *zip = embed_bootstrap_zip(archs[i]);
        assert_non_null(zip);
        assert_true(zip->len > 100000);
        assert_memory_equal(zip->data, "PK\3\4", 4);
    }
}

static void other_architectures_have_none(void **state)
{
    (void)state;
    static const char *const archs[] = { "", "aarch64", "x86", "x86_64.zip", "arm64x", "mips" };
    for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
        assert_null(embed_bootstrap_zip(archs[i]));
}

static void a_template_is_text_that_ends(void **state)
{
    (void)state;
    const struct blob *policy = embed_template("ingest-policy.json");
    assert_non_null(policy);
    assert_int_equal(strlen((const char *)policy->data), policy->len);
}

static void an_unknown_template_is_none(void **state)
{
    (void)state;
    assert_null(embed_template("no-such-file"));
    assert_null(embed_template("ingest-policy"));
    assert_null(embed_template(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_architecture_has_its_zip),
        cmocka_unit_test(other_architectures_have_none),
        cmocka_unit_test(a_template_is_text_that_ends),
        cmocka_unit_test(an_unknown_template_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
