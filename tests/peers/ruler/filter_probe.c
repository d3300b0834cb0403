/*
 * filter_probe.c: fifoq's event filter, for tests. A line is a JSON array of events (each as text),
 * or a pattern (as text, in a JSON string) for the events before it: for each pattern one JSON line
 * out. "grammar" is what filter_check reports, "problems" what a configuration with the pattern
 * reports, "matches" is for each event, and "sent" what a mapping gets.
 */
#include "config/config.h"
#include "config/filter.h"
#include "json.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

static void note(void *arg, const char *path, const char *text)
{
    auto_free char *line = xasprintf("%s: %s", path, text);

    json_array_append_new(arg, json_string(line));
}

static json_t *grammar(const json_t *pattern)
{
    json_t *out = json_array();

    if (pattern)
        filter_check(pattern, "", note, out);
    else
        json_array_append_new(out, json_string("not JSON"));
    return out;
}

static json_t *matches(const json_t *pattern, const json_t *events)
{
    json_t *out = json_array(), *event;
    size_t i;

    json_array_foreach(events, i, event)
        json_array_append_new(out, json_boolean(filter_match(pattern, event)));
    return out;
}

/* Every event is selected, so that none of them is a reason to refuse the pattern. */
static json_t *problems(const char *pattern, char **sent)
{
    static const char form[] =
        "{\"name\": \"t\", \"region\": \"eu-west-1\", \"table\": {\"name\": \"orders\"}, "
        "\"ingest\": "
        "{\"events\": [\"INSERT\", \"MODIFY\", \"REMOVE\"], \"filter\": [%s]}}";
    auto_free char *text = xasprintf(form, pattern);
    auto_json json_t *events = json_pack("[s,s,s]", "INSERT", "MODIFY", "REMOVE");
    json_t *out = json_array();
    struct config c;
    struct problems p;
    struct err e;

    if (config_parse(text, strlen(text), "f", NULL, &c, &p, &e) == 0) {
        auto_json json_t *whole = filter_for_events(json_array_get(c.ingest.filter, 0), events);
        *sent = filter_text(whole);
    }
    for (size_t i = 0; i < p.n; i++)
        json_array_append_new(out, json_string(p.list[i].text));
    problems_done(&p);
    config_done(&c);
    return out;
}

static json_t *answer(const char *text, const json_t *events)
{
    auto_json json_t *pattern = json_loads(text, 0, NULL), *unsound = grammar(pattern);
    bool sound = json_array_size(unsound) == 0;
    auto_free char *sent = NULL;
    json_t *found = problems(text, &sent);

    return json_pack("{s:O, s:o, s:s?, s:o}", "grammar", unsound, "problems", found, "sent", sent,
                     "matches", sound ? matches(pattern, events) : json_array());
}

static json_t *read_events(const json_t *texts)
{
    json_t *out = json_array(), *text;
    size_t i;

    json_array_foreach(texts, i, text)
        json_array_append_new(out, json_loads(json_string_value(text), 0, NULL));
    return out;
}

int main(void)
{
    auto_json json_t *events = NULL;
    auto_free char *line = NULL;
    size_t room = 0;
    ssize_t n;

    mem_init();
    while ((n = getline(&line, &room, stdin)) > 0) {
        auto_json json_t *in = NULL, *out = NULL;
        auto_free char *text = NULL;
        struct err e = { 0 };

        if (json_parse(line, (size_t)n, &in, &e) < 0) {
            (void)fprintf(stderr, "filter_probe: %s\n", e.msg);
            return 1;
        }
        if (json_is_array(in)) {
            json_decref(events);
            events = read_events(in);
            continue;
        }
        out = answer(json_string_value(in), events);
        text = json_text(out);
        if (!text || puts(text) < 0)
            return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
