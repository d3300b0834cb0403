/* shared_config_probe.c: the reader of AWS's shared files, for tests. One JSON object a line in:
 * {"config", "credentials", "ask": [[WHAT, NAMES...], ...]}; one JSON line out: the answers, or the
 * error as a string. */
#include "identity/shared_config.h"
#include "json.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *word(const json_t *ask, size_t i)
{
    const char *s = json_string_value(json_array_get(ask, i));

    return s ? s : "";
}

static json_t *text(const char *s)
{
    return s ? json_string(s) : json_null();
}

static json_t *answer(const struct shared_config *c, const json_t *ask)
{
    const char *what = word(ask, 0), *a = word(ask, 1), *b = word(ask, 2), *d = word(ask, 3);

    if (strcmp(what, "has") == 0)
        return json_boolean(shared_config_has(c, a));
    if (strcmp(what, "says") == 0)
        return json_boolean(shared_config_says(c, a, b));
    if (strcmp(what, "get") == 0)
        return text(shared_config_get(c, a, b));
    if (strcmp(what, "get_config") == 0)
        return text(shared_config_get_config(c, a, b));
    if (strcmp(what, "get_credentials") == 0)
        return text(shared_config_get_credentials(c, a, b));
    if (strcmp(what, "section") == 0)
        return text(shared_config_section(c, a, b, d));
    return text(shared_config_service(c, a, b, d));
}

static json_t *answers(const json_t *in)
{
    struct shared_config *c = NULL;
    struct err e = { 0 };
    const json_t *asks = jget_array(in, "ask"), *ask;
    json_t *out = json_array();
    size_t i;

    if (shared_config_parse(&c, jget_str(in, "config"), jget_str(in, "credentials"), &e) < 0) {
        json_decref(out);
        return json_string(e.msg);
    }
    json_array_foreach(asks, i, ask) {
        (void)json_array_append_new(out, answer(c, ask));
    }
    shared_config_free(c);
    return out;
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;

    mem_init();
    while (getline(&line, &room, stdin) > 0) {
        auto_json json_t *in = json_loads(line, 0, NULL);
        auto_json json_t *out = answers(in);
        auto_free char *written = json_dumps(out, JSON_COMPACT | JSON_ENCODE_ANY);

        if (puts(written) < 0 || fflush(stdout) != 0)
            return EXIT_FAILURE;
    }
    free(line);
    return EXIT_SUCCESS;
}
