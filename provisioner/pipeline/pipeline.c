/*
 * The whole pipeline in one table. Names depend on nothing but the configuration, so every ARN is
 * known before the first request: no second pass, no state.
 */
#include "pipeline/pipeline.h"
#include "pipeline/specs.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

/* A row needs only rows above it; where it is part of another (KIND_PART), that one comes first. */
enum line {
    END,
    TABLE,
    DEAD_LETTERS,
    QUEUE,
    QUEUE_BEFORE,
    TURN,
    INGEST_FAILURES,
    PARAMETER,
    PARAMETER_LEFTOVERS,
    INGEST_LOGS,
    DRAIN_LOGS,
    INGEST_ROLE,
    DRAIN_ROLE,
    INGEST,
    DRAIN,
    DRAIN_ASYNC,
    INGEST_ASYNC_EXTRA,
    MAPPING,
    SCHEDULE,
    PERMISSION,
    SCHEDULE_LEFTOVERS,
    INGEST_PERMISSION_EXTRAS,
    DRAIN_PERMISSION_EXTRAS,
    LINES,
};

enum { MOST_NEEDS = 8 };

/* Of which half a line is: the half that the configuration leaves out is ABSENT. */
enum half { BOTH, INGEST_HALF, DRAIN_HALF };

/* % is P; where a line is one for each parameter or schedule, @ is its name and # its number. */
static const struct line_row {
    const char *id;
    const struct kind *kind;
    const char *name;
    const char *config_path;
    spec_fn *spec;
    enum half half;
    unsigned char needs[MOST_NEEDS];
} lines[LINES] = {
    [TABLE] = { "table", &kind_dynamodb_table, NULL, "table", spec_table, BOTH, { 0 } },
    [DEAD_LETTERS] = { "dead-letters",
                       &kind_sqs_queue,
                       "%-dead.fifo",
                       "queue",
                       spec_dead_letters,
                       BOTH,
                       { 0 } },
    [QUEUE] = { "queue", &kind_sqs_queue, "%.fifo", "queue", spec_queue, BOTH, { DEAD_LETTERS } },
    [QUEUE_BEFORE] = { "queue/before",
                       &kind_sqs_queue,
                       "%.fifo",
                       "queue.existing",
                       spec_queue_before,
                       BOTH,
                       { DEAD_LETTERS } },
    [TURN] = { "turn", &kind_sqs_queue, "%-turn.fifo", "drain.rate", spec_turn, DRAIN_HALF, { 0 } },
    [INGEST_FAILURES] = { "ingest-failures",
                          &kind_sqs_queue,
                          "%-ingest-failures",
                          "ingest",
                          spec_failures,
                          INGEST_HALF,
                          { 0 } },
    [PARAMETER] = { "parameter/@",
                    &kind_ssm_parameter,
                    NULL,
                    "parameters.@",
                    spec_parameter,
                    BOTH,
                    { 0 } },
    [PARAMETER_LEFTOVERS] = { "parameter/*",
                              &kind_ssm_parameter,
                              "/%/",
                              "parameters",
                              NULL,
                              BOTH,
                              { 0 } },
    [INGEST_LOGS] = { "ingest-logs",
                      &kind_log_group,
                      "/aws/lambda/%-ingest",
                      "functions.log_retention",
                      spec_logs,
                      INGEST_HALF,
                      { 0 } },
    [DRAIN_LOGS] = { "drain-logs",
                     &kind_log_group,
                     "/aws/lambda/%-drain",
                     "functions.log_retention",
                     spec_logs,
                     DRAIN_HALF,
                     { 0 } },
    [INGEST_ROLE] = { "ingest-role",
                      &kind_iam_role,
                      "%-ingest",
                      "ingest",
                      spec_ingest_role,
                      INGEST_HALF,
                      { 0 } },
    [DRAIN_ROLE] = { "drain-role",
                     &kind_iam_role,
                     "%-drain",
                     "drain",
                     spec_drain_role,
                     DRAIN_HALF,
                     { 0 } },
    [INGEST] = { "ingest",
                 &kind_lambda_function,
                 "%-ingest",
                 "ingest",
                 spec_ingest,
                 INGEST_HALF,
                 { INGEST_ROLE, INGEST_LOGS, QUEUE, QUEUE_BEFORE } },
    [DRAIN] = { "drain",
                &kind_lambda_function,
                "%-drain",
                "drain",
                spec_drain,
                DRAIN_HALF,
                { DRAIN_ROLE, DRAIN_LOGS, QUEUE, QUEUE_BEFORE, TURN, PARAMETER,
                  PARAMETER_LEFTOVERS } },
    [DRAIN_ASYNC] = { "drain-async",
                      &kind_invoke_config,
                      "%-drain",
                      "drain",
                      NULL,
                      DRAIN_HALF,
                      { DRAIN } },
    [INGEST_ASYNC_EXTRA] = { "ingest-async",
                             &kind_invoke_config,
                             "%-ingest",
                             "ingest",
                             NULL,
                             BOTH,
                             { INGEST } },
    [MAPPING] = { "mapping",
                  &kind_event_source,
                  "%-ingest",
                  "ingest",
                  spec_mapping,
                  INGEST_HALF,
                  { INGEST, TABLE, INGEST_FAILURES, QUEUE } },
    [SCHEDULE] = { "schedule/@",
                   &kind_event_rule,
                   "%-@",
                   "drain.schedules[#]",
                   spec_schedule,
                   DRAIN_HALF,
                   { DRAIN } },
    [PERMISSION] = { "drain-permission",
                     &kind_lambda_permission,
                     "fifoq-schedules",
                     "drain.schedules",
                     spec_permission,
                     DRAIN_HALF,
                     { DRAIN } },
    [SCHEDULE_LEFTOVERS] = { "schedule/*",
                             &kind_event_rule,
                             "%-",
                             "drain.schedules",
                             NULL,
                             BOTH,
                             { DRAIN } },
    [INGEST_PERMISSION_EXTRAS] = { "ingest-permission/*",
                                   &kind_lambda_permission,
                                   "",
                                   "ingest",
                                   spec_ingest_permission,
                                   BOTH,
                                   { INGEST } },
    [DRAIN_PERMISSION_EXTRAS] = { "drain-permission/*",
                                  &kind_lambda_permission,
                                  "",
                                  "drain",
                                  spec_permission,
                                  BOTH,
                                  { DRAIN } },
};

/* Removal's order beyond the needs: what comes in stops before what goes out; a queue's last users
 * are gone before it is looked at and deleted; a run that is still under way keeps its rights until
 * then; and a function that writes makes its log group again. */
static const unsigned char outlives[LINES][MOST_NEEDS] = {
    [SCHEDULE] = { MAPPING },
    [SCHEDULE_LEFTOVERS] = { MAPPING },
    [DEAD_LETTERS] = { INGEST, DRAIN },
    [TURN] = { INGEST, DRAIN },
    [INGEST_FAILURES] = { INGEST, DRAIN },
    [INGEST_ROLE] = { QUEUE, QUEUE_BEFORE, DEAD_LETTERS, INGEST_FAILURES },
    [DRAIN_ROLE] = { QUEUE, QUEUE_BEFORE, TURN, DEAD_LETTERS, INGEST_FAILURES },
    [INGEST_LOGS] = { INGEST_ROLE },
    [DRAIN_LOGS] = { DRAIN_ROLE },
};

struct item {
    const char *name; /* of the parameter or schedule; "" where there is only one row */
    size_t i;
};

/* The caller's. */
static char *fill(const char *pattern, const char *p, const struct item *item)
{
    auto_buf out = BUF(BUF_SMALL);

    for (; *pattern; pattern++) {
        switch (*pattern) {
        case '%': buf_puts(&out, p); break;
        case '@': buf_puts(&out, item->name); break;
        case '#': buf_printf(&out, "%zu", item->i); break;
        default: buf_putc(&out, *pattern); break;
        }
    }
    return buf_steal(&out);
}

static char *row_name(const struct making *m, enum line line, const struct item *item)
{
    const struct config *c = m->config;

    switch (line) {
    case TABLE: return xstrdup(c->table.name);
    case QUEUE: return queue_name(c);
    case INGEST_ROLE: return role_name(c, m->roles, ROLE_INGEST);
    case DRAIN_ROLE: return role_name(c, m->roles, ROLE_DRAIN);
    case PARAMETER: return xstrdup(c->parameters[item->i].path);
    default: return fill(lines[line].name, c->pipeline, item);
    }
}

/* What somebody else made has kinds of its own. */
static const struct kind *row_kind(const struct config *c, enum line line, const struct item *item)
{
    if (line == TABLE && !c->table.create)
        return &kind_dynamodb_table_existing;
    if (line == QUEUE && c->queue.existing)
        return &kind_sqs_queue_existing;
    if (line == PARAMETER && c->parameters[item->i].from == FROM_EXISTING)
        return &kind_ssm_parameter_existing;
    return lines[line].kind;
}

static spec_fn *row_spec(const struct config *c, enum line line)
{
    return line == QUEUE && c->queue.existing ? spec_queue_existing : lines[line].spec;
}

static enum presence row_presence(const struct config *c, enum line line)
{
    auto_free char *turn = config_turn_queue(c);

    switch (line) {
    case INGEST_ASYNC_EXTRA:
    case PARAMETER_LEFTOVERS:
    case SCHEDULE_LEFTOVERS:
    case INGEST_PERMISSION_EXTRAS:
    case DRAIN_PERMISSION_EXTRAS: return LEFTOVERS;
    default: break;
    }
    if (line == QUEUE_BEFORE || (line == TURN && !turn) ||
        (lines[line].half == INGEST_HALF && !c->has_ingest) ||
        (lines[line].half == DRAIN_HALF && !c->has_drain))
        return ABSENT;
    return PRESENT;
}

/* How many rows a line is. */
static size_t line_count(const struct config *c, enum line line)
{
    auto_free char *own = xasprintf("%s.fifo", c->pipeline);

    switch (line) {
    case TABLE: return c->table.name && (c->has_ingest || c->table.create);
    case QUEUE_BEFORE: return c->queue.existing && strcmp(c->queue.existing, own) != 0;
    case PARAMETER: return c->n_parameters;
    case SCHEDULE: return c->has_drain ? c->drain.n_schedules : 0;
    default: return 1;
    }
}

static struct item item_of(const struct config *c, enum line line, size_t i)
{
    if (line == PARAMETER)
        return (struct item){ c->parameters[i].name, i };
    if (line == SCHEDULE)
        return (struct item){ c->drain.schedules[i].name, i };
    return (struct item){ "", i };
}

static void add_row(const struct making *of, enum line line, size_t i)
{
    const struct config *c = of->config;
    struct pipeline *p = of->pipeline;
    struct item item = item_of(c, line, i);
    struct making m = *of;
    spec_fn *spec = row_spec(c, line);

    m.i = item.i;
    p->rows[p->n++] = (struct row){
        .id = fill(lines[line].id, c->pipeline, &item),
        .kind = row_kind(c, line, &item),
        .name = row_name(&m, line, &item),
        .spec = spec ? spec(&m) : NULL,
        .presence = row_presence(c, line),
        .config_path = fill(lines[line].config_path, c->pipeline, &item),
    };
}

/* A line means all of its rows. */
static size_t rows_of(const struct pipeline *p, const unsigned char *list, const size_t *first,
                      const struct row ***out)
{
    size_t n = 0;

    for (const unsigned char *line = list; *line; line++)
        n += first[*line + 1] - first[*line];
    *out = xcalloc(n + 1, sizeof(**out));
    n = 0;
    for (const unsigned char *line = list; *line; line++) {
        for (size_t i = first[*line]; i < first[*line + 1]; i++)
            (*out)[n++] = &p->rows[i];
    }
    return n;
}

static void add_ties(struct pipeline *p, struct row *row, enum line line, const size_t *first)
{
    row->n_needs = rows_of(p, lines[line].needs, first, &row->needs);
    row->n_outlives = rows_of(p, outlives[line], first, &row->outlives);
}

static json_t *all_tags(const struct config *c)
{
    json_t *tags = json_copy(c->tags);

    json_object_set_new(tags, "fifoq:pipeline", json_string(c->pipeline));
    json_object_set_new(tags, "fifoq:version", json_string(FIFOQ_VERSION));
    return tags;
}

void pipeline_build(struct pipeline *p, const struct config *c, const struct role_names *roles)
{
    const struct making m = { .config = c, .pipeline = p, .roles = roles };
    size_t first[LINES + 1] = { 0 }, n = 0;

    for (enum line line = END; line < LINES; line++) {
        first[line] = n;
        n += line == END ? 0 : line_count(c, line);
    }
    first[LINES] = n;
    *p = (struct pipeline){
        .rows = xcalloc(n + 1, sizeof(*p->rows)),
        .tags = all_tags(c),
        .kept = json_array(),
    };
    for (enum line line = TABLE; line < LINES; line++) {
        for (size_t i = 0; i < first[line + 1] - first[line]; i++)
            add_row(&m, line, i);
    }
    for (enum line line = TABLE; line < LINES; line++) {
        for (size_t i = first[line]; i < first[line + 1]; i++)
            add_ties(p, &p->rows[i], line, first);
    }
}

void pipeline_done(struct pipeline *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->rows[i].id);
        free(p->rows[i].name);
        free(p->rows[i].spec);
        free(p->rows[i].needs);
        free(p->rows[i].outlives);
        free(p->rows[i].config_path);
    }
    free(p->rows);
    json_decref(p->tags);
    json_decref(p->kept);
    *p = (struct pipeline){ 0 };
}
