/* fuzz_yaml.c: any bytes as a configuration: refused with reasons, or accepted completely. */
#include "config/config.h"
#include "config/ignore.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Every problem is one line that begins with the file. */
static void check_problems(const struct problems *p)
{
    if (!p->n)
        abort();
    for (size_t i = 0; i < p->n; i++) {
        if (!str_starts(p->list[i].text, "f:") || strpbrk(p->list[i].text, "\r\n"))
            abort();
        if (i && p->list[i].line < p->list[i - 1].line)
            abort();
    }
}

/* An accepted configuration can be rendered: the runtime compiles the same templates again. */
static void check_settings(const struct config *c)
{
    const json_t *settings = c->settings;
    const json_t *destinations = jget_path(settings, "drain.destinations"), *d;
    struct template *t = NULL;
    struct err e;
    size_t i;

    if (!settings)
        abort();
    json_array_foreach(destinations, i, d) {
        if (template_compile(json_object_get(d, "url"), &t, &e) < 0)
            abort();
        template_free(t);
    }
    if (c->has_ingest && c->ingest.message && template_compile(c->ingest.message, &t, &e) < 0)
        abort();
    if (c->has_ingest && c->ingest.message)
        template_free(t);
}

static void load(const uint8_t *data, size_t n, const char *environment)
{
    struct config c;
    struct problems p;
    struct err e;

    if (config_parse((const char *)data, n, "f", environment, &c, &p, &e) < 0)
        check_problems(&p);
    else
        check_settings(&c);
    problems_done(&p);
    config_done(&c);
}

static void load_ignores(const uint8_t *data, size_t n)
{
    struct ignores list;
    struct problems p;
    struct err e;

    if (ignores_parse((const char *)data, n, "f", &list, &p, &e) < 0)
        check_problems(&p);
    for (size_t i = 0; p.n == 0 && i < list.n; i++)
        if (!list.list[i].reason || strlen(list.list[i].until) != 10)
            abort();
    problems_done(&p);
    ignores_done(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool ready;

    if (!ready)
        mem_init();
    ready = true;
    load(data, n, NULL);
    load(data, n, "staging");
    load_ignores(data, n);
    return 0;
}
