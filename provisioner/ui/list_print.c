/* list_print.c: see list_print.h. */
#include "ui/list_print.h"

#include "engine/own.h"
#include "json.h"
#include "mem.h"
#include "plain.h"
#include "text.h"
#include "ui/terminal.h"

#include <stdlib.h>
#include <string.h>

static const char *tag_of(const json_t *tags, const char *key)
{
    json_t *tag;
    size_t i;

    json_array_foreach((json_t *)tags, i, tag) {
        const char *name = jget_str(tag, "Key");

        if (name && strcmp(name, key) == 0)
            return jget_str(tag, "Value");
    }
    return NULL;
}

static struct listed *listed_of(struct listing *l, const char *pipeline)
{
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->list[i].pipeline, pipeline) == 0)
            return &l->list[i];
    }
    l->list = xrealloc(l->list, (l->n + 1) * sizeof(*l->list));
    l->list[l->n] = (struct listed){ .pipeline = xstrdup(pipeline) };
    return &l->list[l->n++];
}

/* Whether "0.1.0, 0.2.0" contains version. */
static bool has_version(const char *versions, const char *version)
{
    size_t n = strlen(version);

    for (const char *at = versions; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, version, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
    }
    return false;
}

static void add_version(struct listed *one, const char *version)
{
    char *old = one->versions;

    if (!version || has_version(old, version))
        return;
    one->versions = old ? xasprintf("%s, %s", old, version) : xstrdup(version);
    free(old);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct listed *)a)->pipeline, ((const struct listed *)b)->pipeline);
}

void listing_make(struct listing *out, const json_t *mappings)
{
    json_t *mapping;
    size_t i;

    *out = (struct listing){ 0 };
    json_array_foreach((json_t *)mappings, i, mapping) {
        const json_t *tags = jget_array(mapping, "Tags");
        const char *pipeline = tag_of(tags, OWNER_TAG), *arn = jget_str(mapping, "ResourceARN");
        struct listed *one;

        if (!pipeline)
            continue;
        one = listed_of(out, pipeline);
        one->resources++;
        one->functions += arn && strstr(arn, ":function:");
        add_version(one, tag_of(tags, VERSION_TAG));
    }
    if (out->n)
        qsort(out->list, out->n, sizeof(*out->list), compare);
}

void listing_done(struct listing *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->list[i].pipeline);
        free(l->list[i].versions);
    }
    free(l->list);
    *l = (struct listing){ 0 };
}

void listing_print_text(const struct listing *l, const struct aws *a, FILE *to)
{
    size_t width = strlen("pipeline");

    for (size_t i = 0; i < l->n; i++)
        width = strlen(l->list[i].pipeline) > width ? strlen(l->list[i].pipeline) : width;
    if (l->n)
        (void)fprintf(to, "%s%-*s  %-14s  %9s  %9s  fifoq%s\n", color_on(to, COLOR_BOLD),
                      (int)width, "pipeline", "region", "resources", "functions", color_off(to));
    for (size_t i = 0; i < l->n; i++) {
        const struct listed *one = &l->list[i];
        auto_free char *name = xstrdup(one->pipeline);
        auto_free char *versions = xstrdup(one->versions ? one->versions : "-");

        text_plain(name, false); /* anybody may write tags */
        text_plain(versions, false);
        (void)fprintf(to, "%-*s  %-14s  %9zu  %9zu  %s\n", (int)width, name, a->region,
                      one->resources, one->functions, versions);
    }
    (void)fprintf(to, "%zu pipeline%s in account %s, %s\n", l->n, l->n == 1 ? "" : "s", a->account,
                  a->region);
}

json_t *listing_json(const struct listing *l, const struct aws *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < l->n; i++) {
        const struct listed *one = &l->list[i];

        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:I, s:I, s:s?}", "pipeline", one->pipeline,
                                              "resources", (json_int_t)one->resources, "functions",
                                              (json_int_t)one->functions, "fifoq", one->versions));
    }
    return json_pack("{s:i, s:s, s:s, s:o}", "version", 1, "account", a->account, "region",
                     a->region, "pipelines", list);
}
