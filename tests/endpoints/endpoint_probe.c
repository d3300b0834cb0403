/* endpoint_probe.c: prints the endpoints of calls, for tests. Without arguments: one JSON question
 * a line in ({"region", "fips", "dual_stack", "sts_legacy"}), one JSON line of endpoints out.
 * "settings [PROFILE]": the settings of this environment and the shared files, as the fifoq command
 * reads them. */
#include "identity/settings.h"
#include "json.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

static const struct aws_service *const services[] = {
    &aws_dynamodb, &aws_streams, &aws_events, &aws_lambda, &aws_logs,
    &aws_sqs,      &aws_ssm,     &aws_iam,    &aws_sts,    &aws_tagging,
};

static const char *signing_name(enum aws_id id)
{
    for (size_t i = 0; i < COUNTOF(services); i++)
        if (services[i]->id == id)
            return services[i]->signing;
    return NULL; /* its calls are not signed */
}

static json_t *one(const struct aws_endpoints *s, enum aws_id id, const char *region)
{
    struct aws_where w = { 0 };
    struct err e = { 0 };

    if (aws_endpoint_find(s, id, region, &w, &e) < 0)
        return json_pack("{s:s}", "error", e.msg);
    auto_free char *url = w.url;
    const char *name = signing_name(id);
    return name ? json_pack("{s:s, s:s, s:s}", "url", url, "region", w.signing_region, "name", name)
                : json_pack("{s:s}", "url", url);
}

static json_t *all(const struct aws_endpoints *s, const char *region)
{
    json_t *out = json_object();

    for (int id = 0; id < AWS_IDS; id++)
        json_object_set_new(out, aws_id_name((enum aws_id)id), one(s, (enum aws_id)id, region));
    return json_pack("{s:s, s:o}", "partition", aws_partition_find(region)->name, "endpoints", out);
}

static json_t *answer(const json_t *q)
{
    struct aws_endpoints s = {
        .fips = json_is_true(json_object_get(q, "fips")),
        .dual_stack = json_is_true(json_object_get(q, "dual_stack")),
        .sts_global = json_is_true(json_object_get(q, "sts_legacy")),
    };
    struct err e = { 0 };

    if (aws_region_check(jget_str(q, "region"), &e) < 0)
        return json_pack("{s:s}", "error", e.msg);
    return all(&s, jget_str(q, "region"));
}

static int settled(const char *profile, json_t **out, struct err *e)
{
    struct shared_config *files = NULL;
    struct aws_settings set = { 0 };
    struct creds none = { 0 };
    struct aws a = { 0 };
    int rc = shared_config_load(&files, e);

    if (rc == 0)
        rc = aws_settings_read(files, profile, &set, e);
    if (rc == 0) {
        struct aws_options o = { .region = set.region,
                                 .endpoints = &set.endpoints,
                                 .max_attempts = set.max_attempts,
                                 .retry_mode = set.retry_mode };
        rc = aws_init(&a, &o, NULL, &none, e);
    }
    if (rc == 0) {
        *out = all(&a.endpoints, a.region);
        json_object_update_new(*out, json_pack("{s:i, s:i, s:s?}", "attempts", a.max_attempts,
                                               "mode", a.retry_mode, "ca", set.ca_file));
        aws_done(&a);
    }
    aws_settings_done(&set);
    shared_config_free(files);
    return rc;
}

static void say(json_t *line)
{
    auto_json json_t *owned = line;
    auto_free char *text = json_canonical(owned);

    (void)puts(text);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[4096];
    struct err e = { 0 };
    json_t *out = NULL;

    mem_init();
    if (argc > 1 && strcmp(argv[1], "settings") == 0) {
        say(settled(argc > 2 ? argv[2] : NULL, &out, &e) < 0 ? json_pack("{s:s}", "error", e.msg)
                                                             : out);
        return 0;
    }
    while (fgets(line, sizeof(line), stdin)) {
        auto_json json_t *q = json_loads(line, 0, NULL);
        say(answer(q));
    }
    return 0;
}
