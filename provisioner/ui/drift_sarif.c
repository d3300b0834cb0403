/* drift_sarif.c: `fifoq drift --format sarif`, for code scanning. A result is identified by its
 * finding's id, independent of values and lines.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
#include "mem.h"
#include "ui/drift_print.h"
#include "ui/plan_print.h"
#include "version.h"

#include <string.h>

static const char *const rules[] = {
    [DRIFT_CHANGED] = "A property differs from the configuration.",
    [DRIFT_MISSING] = "A resource, or a part of one, that the configuration requires is missing.",
    [DRIFT_EXTRA] = "A resource, or a part of one, is not in the configuration.",
    [DRIFT_CODE] = "A function runs different code from what this fifoq would upload.",
    [DRIFT_BUILD] = "A function runs the code of another build of fifoq.",
    [DRIFT_UNHEALTHY] = "A resource matches the configuration, but does not work.",
};

static json_t *text(const char *words)
{
    return json_pack("{s:s}", "text", words);
}

static json_t *driver(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < COUNTOF(rules); i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:{s:s}}", "id",
                                                    drift_words[i], "name", drift_words[i],
                                                    "shortDescription", text(rules[i]),
                                                    "defaultConfiguration", "level", "error"));
    return json_pack("{s:s, s:s, s:o}", "name", "fifoq", "version", FIFOQ_VERSION, "rules", list);
}

static json_t *uri_of(const char *file)
{
    auto_buf uri = BUF(BUF_SMALL);

    if (file[0] == '/')
        buf_puts(&uri, "file://");
    buf_uri(&uri, file, strlen(file), true);
    return json_string(buf_str(&uri));
}

static json_t *location(const struct drift_report *r, const struct row *row, const char *property)
{
    auto_free char *file = drift_file(r);

    return json_pack("{s:{s:{s:o}, s:{s:i}}, s:[{s:s, s:s, s:s}]}", "physicalLocation",
                     "artifactLocation", "uri", uri_of(file), "region", "startLine",
                     drift_line(r, row, property), "logicalLocations", "name", row->name,
                     "fullyQualifiedName", row->id, "kind", "resource");
}

static json_t *result(const struct drift_report *r, const struct finding *f)
{
    auto_free char *sentence = drift_sentence(f);
    auto_free char *message =
        r->many ? xasprintf("%s: %s: %s", r->config->pipeline, f->row->id, sentence)
                : xasprintf("%s: %s", f->row->id, sentence);
    auto_free char *id = drift_id(r, f);
    json_t *o = json_pack(
        "{s:s, s:i, s:s, s:o, s:[o], s:{s:s}}", "ruleId", drift_words[f->what], "ruleIndex",
        (int)f->what, "level", f->counts || f->ignored ? "error" : "note", "message", text(message),
        "locations", location(r, f->row, f->property), "partialFingerprints", "fifoq/v1", id);

    if (f->ignored)
        (void)json_object_set_new(
            o, "suppressions",
            json_pack("[{s:s, s:s}]", "kind", "external", "justification", f->ignored->reason));
    return o;
}

json_t *drift_sarif_failure(const char *file, const char *why)
{
    return json_pack("{s:s, s:o, s:[{s:{s:{s:o}, s:{s:i}}}]}", "level", "error", "message",
                     text(why), "locations", "physicalLocation", "artifactLocation", "uri",
                     uri_of(file), "region", "startLine", 1);
}

void drift_sarif_add(const struct drift_report *r, json_t *results, json_t *notifications)
{
    const struct drift *d = r->drift;

    for (size_t i = 0; i < d->n; i++)
        (void)json_array_append_new(results, result(r, &d->findings[i]));
    for (size_t i = 0; i < d->n_unreadable; i++) {
        auto_free char *message =
            xasprintf("%s: %s", d->unreadable[i].row->id, d->unreadable[i].why);

        (void)json_array_append_new(notifications,
                                    json_pack("{s:s, s:o, s:[o]}", "level", "error", "message",
                                              text(message), "locations",
                                              location(r, d->unreadable[i].row, NULL)));
    }
}

/* What could not be read makes the run unsuccessful. One run holds all pipelines: code scanning
 * refuses several of one tool. */
json_t *drift_sarif(json_t *results, json_t *notifications, const char *id)
{
    json_t *invocation =
        json_pack("{s:b, s:o}", "executionSuccessful", json_array_size(notifications) == 0,
                  "toolExecutionNotifications", notifications);

    return json_pack("{s:s, s:s, s:[{s:{s:o}, s:{s:s}, s:[o], s:o, s:s}]}", "$schema",
                     "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs",
                     "tool", "driver", driver(), "automationDetails", "id", id, "invocations",
                     invocation, "results", results, "columnKind", "utf16CodeUnits");
}

void drift_print_sarif(const struct drift_report *r, FILE *to)
{
    auto_free char *run_id = xasprintf("fifoq-drift/%s/", r->config->pipeline);
    json_t *results = json_array(), *notifications = json_array();
    auto_json json_t *document = NULL;

    drift_sarif_add(r, results, notifications);
    document = drift_sarif(results, notifications, run_id);
    json_print(document, to);
}
