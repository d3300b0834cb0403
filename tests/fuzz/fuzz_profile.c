/* fuzz_profile.c: any text as AWS's credentials or configuration file: values are trimmed, and
 * stand on one line. */
#include "creds_profile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const char *value)
{
    if (value && (!*value || strchr(value, '\n') || *value == ' ' || str_ends(value, " ")))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "default", "work", "b c" };
    static const char *const keys[] = { "aws_access_key_id", "aws_secret_access_key", "region" };
    auto_free char *text = xstrndup((const char *)data, size);

    for (size_t i = 0; i < 2 * COUNTOF(names); i++) {
        struct profile *p =
            profile_parse(text, i % 2 ? PROFILE_CONFIG : PROFILE_CREDENTIALS, names[i / 2]);

        for (size_t k = 0; k < COUNTOF(keys); k++)
            check_value(profile_get(p, keys[k]));
        profile_free(p);
    }
    return 0;
}
