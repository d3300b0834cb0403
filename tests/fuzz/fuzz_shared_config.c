/* fuzz_shared_config.c: any text as AWS's config and credentials file, and as a command line, a
 * time and a URL. */
#include "identity/container.h"
#include "identity/providers.h"
#include "identity/words.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct shared_config *c)
{
    static const char *const names[] = { "default", "work", "b c", "corp" };
    static const char *const keys[] = { "aws_access_key_id", "region", "dynamodb", "endpoint_url" };

    for (size_t i = 0; i < COUNTOF(names) * COUNTOF(keys); i++) {
        const char *name = names[i / COUNTOF(keys)], *key = keys[i % COUNTOF(keys)];
        const char *value = shared_config_get(c, name, key);

        if (value && (!*value || space_length(value, strlen(value)) ||
                      space_length_before(value, strlen(value)) || !shared_config_has(c, name) ||
                      !shared_config_says(c, name, key)))
            abort();
        (void)shared_config_section(c, "sso-session", name, key);
        (void)shared_config_service(c, name, "dynamodb", key);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = xstrndup((const char *)data, size);
    struct shared_config *c = NULL;
    struct err e;
    char **words;
    size_t n;

    if (shared_config_parse(&c, text, text, &e) == 0) {
        look(c);
        shared_config_free(c);
    } else if (!e.msg[0]) {
        abort();
    }
    (void)when_parse(text);
    (void)container_url_allowed(text);
    if (words_split(text, &words, &n))
        words_free(words);
    return 0;
}
