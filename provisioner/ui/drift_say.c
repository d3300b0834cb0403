/* drift_say.c: the sentences that all formats of `fifoq drift` share. */
#include "ui/drift_print.h"

#include "mem.h"
#include "pipeline/pipeline.h"
#include "plain.h"
#include "text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *drift_result(const struct drift_report *r)
{
    if (r->counting)
        return "drift";
    return r->drift->n_unreadable ? "unreadable" : "none";
}

char *drift_totals(const struct drift_report *r)
{
    const struct drift *d = r->drift;
    auto_buf text = BUF(BUF_SMALL);
    size_t ignored = 0;

    for (size_t i = 0; i < d->n; i++)
        ignored += d->findings[i].ignored != NULL;
    if (d->n == ignored)
        buf_puts(&text, d->n_unreadable ? "no drift found" : "no drift");
    else
        buf_printf(&text, "%zu difference%s", d->n - ignored, d->n - ignored == 1 ? "" : "s");
    if (d->n - ignored > r->counting)
        buf_printf(&text, " (%zu of them count%s)", r->counting, r->counting == 1 ? "s" : "");
    if (ignored)
        buf_printf(&text, ", %zu ignored", ignored);
    if (d->n_unreadable)
        buf_printf(&text, ", %zu not readable", d->n_unreadable);
    buf_printf(&text, ": %zu checked", d->n_checked);
    return buf_steal(&text);
}

char *drift_value(const json_t *v)
{
    if (!v || json_is_null(v))
        return xstrdup("(not set)");
    return json_is_string(v) ? xstrdup(json_string_value(v)) : json_text(v);
}

/* True for "OtherInlinePolicies.more" and "more": the value would only repeat the name. */
static bool repeats_name(const char *property, const char *value)
{
    const char *dot = strchr(property, '.');

    return dot && strcmp(dot + 1, value) == 0;
}

static char *sentence(const struct finding *f)
{
    auto_free char *want = drift_value(f->want), *have = drift_value(f->have);

    if (!f->property)
        return xasprintf("%s '%s' %s", f->row->kind->name, f->row->name,
                         f->what == DRIFT_MISSING ? "is missing"
                         : f->what == DRIFT_EXTRA ? "exists but is not expected"
                                                  : "cannot be used");
    if (!f->want && f->what == DRIFT_EXTRA && repeats_name(f->property, have))
        return xasprintf("%s: not expected", f->property);
    if (!f->want)
        return xasprintf("%s: %s%s", f->property, have,
                         f->what == DRIFT_EXTRA ? ", not expected" : "");
    if (!f->have)
        return xasprintf("%s: not set, expected %s", f->property, want);
    if (strcmp(want, have) == 0) /* a secret */
        return xasprintf("%s: differs from its source", f->property);
    return xasprintf("%s: %s, expected %s", f->property, have, want);
}

char *drift_sentence(const struct finding *f)
{
    auto_free char *text = sentence(f);
    char *all = f->note ? xasprintf("%s; %s", text, f->note) : steal(text);

    text_plain(all, false);
    return all;
}

char *drift_file(const struct drift_report *r)
{
    const char *file = r->config->file, *root = r->root;
    char here[PATH_MAX], full[PATH_MAX];
    size_t n;

    while (str_starts(file, "./"))
        file += 2;
    if (root && realpath(file, full))
        file = full;
    if (!root && file[0] == '/')
        root = getcwd(here, sizeof(here));
    n = root ? strlen(root) : 0;
    if (root && str_starts(file, root) && file[n] == '/')
        file += n + 1;
    return xstrdup(file);
}

char *drift_id(const struct drift_report *r, const struct finding *f)
{
    return r->many ? xasprintf("%s/%s/%s", r->aws->account, r->aws->region, f->id) : xstrdup(f->id);
}

/* The configuration field of a property; "@" is the row's own path. */
static const struct {
    enum row_line line; /* ROW_NONE: any */
    const char *property, *field;
} fields[] = {
    { ROW_QUEUE, "VisibilityTimeout", "queue.visibility" },
    { ROW_QUEUE, "MessageRetentionPeriod", "queue.retention" },
    { ROW_MAPPING, "BatchSize", "ingest.batch_size" },
    { ROW_MAPPING, "FilterCriteria", "ingest.filter" },
    { ROW_INGEST, "MemorySize", "functions.memory" },
    { ROW_DRAIN, "MemorySize", "functions.memory" },
    { ROW_INGEST, "Architectures", "functions.architecture" },
    { ROW_DRAIN, "Architectures", "functions.architecture" },
    { ROW_DRAIN, "Timeout", "drain.timeout" },
    { ROW_SCHEDULE, "ScheduleExpression", "@.at" },
    { ROW_NONE, "Tags", "tags" },
};

/* True for "Tags.team" and "Tags". */
static bool is_of(const char *property, const char *name)
{
    size_t n = strlen(name);

    return strncmp(property, name, n) == 0 && (property[n] == '\0' || property[n] == '.');
}

static int property_line(const struct drift_report *r, const struct row *row, const char *property)
{
    for (size_t i = 0; property && i < COUNTOF(fields); i++) {
        const char *field = NULL;
        auto_free char *path = NULL;

        if ((fields[i].line != ROW_NONE && row->line != (int)fields[i].line) ||
            !is_of(property, fields[i].property))
            continue;
        field = fields[i].field;
        path = *field == '@' ? xasprintf("%s%s", row->config_path, field + 1) : xstrdup(field);
        return config_line(r->config, path);
    }
    return 0;
}

int drift_line(const struct drift_report *r, const struct row *row, const char *property)
{
    int line = row->config_path ? property_line(r, row, property) : 0;

    if (!line)
        line = row->config_path ? config_line(r->config, row->config_path) : 0;
    return line ? line : 1;
}

const char *drift_ignore_state(const struct drift_report *r, const struct ignore *entry)
{
    if (entry->expired)
        return "expired";
    /* an unreadable row may be the one it ignores */
    return entry->used || r->drift->n_unreadable ? NULL : "unused";
}

char *drift_ignore_subject(const struct ignore *entry)
{
    if (entry->id)
        return xasprintf("id %s", entry->id);
    return xasprintf("row %s, property %s", entry->row, entry->property);
}
