/*
 * pipeline.c: the whole pipeline in one table. Names depend only on the configuration, so every ARN
 * is known before the first request. There is no second pass and no state file.
 */
#include "pipeline/pipeline.h"
#include "kinds/kinds.h"
#include "mem.h"
#include "pipeline/specs.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

/* Whether a row is asked for. */

static enum presence ingest_presence(const struct config *c)
{
    return c->has_ingest ? PRESENT : ABSENT;
}

static enum presence drain_presence(const struct config *c)
{
    return c->has_drain ? PRESENT : ABSENT;
}

static enum presence turn_presence(const struct config *c)
{
    auto_free char *turn = config_turn_queue(c);

    return turn && c->has_drain ? PRESENT : ABSENT;
}

static enum presence always_absent(const struct config *c)
{
    (void)c;
    return ABSENT;
}

static enum presence leftovers(const struct config *c)
{
    (void)c;
    return LEFTOVERS;
}

/* How many rows a line has. */

static size_t tables(const struct config *c)
{
    return c->table.name && (c->has_ingest || c->table.create);
}

/* Our own queue, which may be left from before the configuration named an existing one. */
static size_t queues_before(const struct config *c)
{
    auto_free char *own = xasprintf("%s.fifo", c->pipeline);

    return c->queue.existing && strcmp(c->queue.existing, own) != 0;
}

static size_t parameters(const struct config *c)
{
    return c->n_parameters;
}

static size_t schedules(const struct config *c)
{
    return c->has_drain ? c->drain.n_schedules : 0;
}

/* Appends the item's part to the id and path of a row. */

static void parameter_item(const struct making *m, struct buf *id, struct buf *path)
{
    buf_puts(id, m->config->parameters[m->i].name);
    buf_printf(path, ".%s", m->config->parameters[m->i].name);
}

static void schedule_item(const struct making *m, struct buf *id, struct buf *path)
{
    buf_puts(id, m->config->drain.schedules[m->i].name);
    buf_printf(path, "[%zu]", m->i);
}

/* Names that are not P with a prefix and suffix. */

static char *table_name(const struct making *m)
{
    return xstrdup(m->config->table.name);
}

static char *used_queue_name(const struct making *m)
{
    return queue_name(m->config);
}

static char *parameter_name(const struct making *m)
{
    return xstrdup(m->config->parameters[m->i].path);
}

static char *ingest_role_name(const struct making *m)
{
    return role_name(m->config, m->roles, ROLE_INGEST);
}

static char *drain_role_name(const struct making *m)
{
    return role_name(m->config, m->roles, ROLE_DRAIN);
}

static char *schedule_row_name(const struct making *m)
{
    return xasprintf("%s-%s", m->config->pipeline, m->config->drain.schedules[m->i].name);
}

static char *permission_name(const struct making *m)
{
    (void)m;
    return xstrdup("fifoq-schedules");
}

static char *any_name(const struct making *m)
{
    (void)m;
    return xstrdup("");
}

/* The kind of an existing resource; NULL: fifoq owns it. */

static const struct kind *existing_table(const struct making *m)
{
    return m->config->table.create ? NULL : &kind_dynamodb_table_existing;
}

static const struct kind *existing_queue(const struct making *m)
{
    return m->config->queue.existing ? &kind_sqs_queue_existing : NULL;
}

static const struct kind *existing_parameter(const struct making *m)
{
    bool existing = m->config->parameters[m->i].from == FROM_EXISTING;

    return existing ? &kind_ssm_parameter_existing : NULL;
}

enum { MAX_TIES = 8 };

/*
 * A row needs only rows above it; a KIND_PART row's first need is its whole. outlives is the order
 * of removal beyond needs:
 * - what sends messages is deleted before what receives them;
 * - a queue is read and deleted only after its last users are gone;
 * - a role keeps its rights for a run in progress until the queues are gone;
 * - a log group is deleted after the role, because a function that still logs recreates it.
 */
struct line {
    const char *id;
    const struct kind *kind;
    const struct kind *(*existing)(const struct making *m); /* if it returns one, instead of kind */
    const char *before, *after;                             /* of P in the name; NULL: nothing */
    char *(*name)(const struct making *m); /* instead of before and after; the caller frees it */
    const char *path;                      /* in the configuration */
    void (*item)(const struct making *m, struct buf *id, struct buf *path); /* NULL: nothing */
    spec_fn *spec;                                     /* NULL: the kind needs none */
    size_t (*count)(const struct config *c);           /* NULL: 1 */
    enum presence (*presence)(const struct config *c); /* NULL: PRESENT */
    unsigned char needs[MAX_TIES], outlives[MAX_TIES]; /* enum row_line, ended by ROW_NONE */
};

/* clang-format off */
static const struct line lines[ROW_LINES] = {
    [ROW_TABLE] = { .id = "table", .kind = &kind_dynamodb_table, .existing = existing_table, .name = table_name, .path = "table", .spec = spec_table, .count = tables },
    [ROW_DEAD_LETTERS] = { .id = "dead-letters", .kind = &kind_sqs_queue, .after = "-dead.fifo", .path = "queue", .spec = spec_dead_letters, .outlives = { ROW_INGEST, ROW_DRAIN } },
    [ROW_QUEUE] = { .id = "queue", .kind = &kind_sqs_queue, .existing = existing_queue, .name = used_queue_name, .path = "queue", .spec = spec_queue },
    [ROW_QUEUE_BEFORE] = { .id = "queue/before", .kind = &kind_sqs_queue, .after = ".fifo", .path = "queue.existing", .spec = spec_queue_before, .count = queues_before, .presence = always_absent },
    [ROW_TURN] = { .id = "turn", .kind = &kind_sqs_queue, .after = "-turn.fifo", .path = "drain.rate", .spec = spec_turn, .presence = turn_presence, .outlives = { ROW_INGEST, ROW_DRAIN } },
    [ROW_INGEST_FAILURES] = { .id = "ingest-failures", .kind = &kind_sqs_queue, .after = "-ingest-failures", .path = "ingest", .spec = spec_failures, .presence = ingest_presence, .outlives = { ROW_INGEST, ROW_DRAIN } },
    [ROW_PARAMETER] = { .id = "parameter/", .kind = &kind_ssm_parameter, .existing = existing_parameter, .name = parameter_name, .path = "parameters", .item = parameter_item, .spec = spec_parameter, .count = parameters },
    [ROW_PARAMETER_LEFTOVERS] = { .id = "parameter/*", .kind = &kind_ssm_parameter, .before = "/", .after = "/", .path = "parameters", .presence = leftovers },
    [ROW_INGEST_LOGS] = { .id = "ingest-logs", .kind = &kind_log_group, .before = "/aws/lambda/", .after = "-ingest", .path = "functions.log_retention", .spec = spec_logs, .presence = ingest_presence, .outlives = { ROW_INGEST_ROLE } },
    [ROW_DRAIN_LOGS] = { .id = "drain-logs", .kind = &kind_log_group, .before = "/aws/lambda/", .after = "-drain", .path = "functions.log_retention", .spec = spec_logs, .presence = drain_presence, .outlives = { ROW_DRAIN_ROLE } },
    [ROW_INGEST_ROLE] = { .id = "ingest-role", .kind = &kind_iam_role, .name = ingest_role_name, .path = "ingest", .spec = spec_ingest_role, .presence = ingest_presence, .outlives = { ROW_QUEUE, ROW_QUEUE_BEFORE, ROW_DEAD_LETTERS, ROW_INGEST_FAILURES } },
    [ROW_DRAIN_ROLE] = { .id = "drain-role", .kind = &kind_iam_role, .name = drain_role_name, .path = "drain", .spec = spec_drain_role, .presence = drain_presence, .outlives = { ROW_QUEUE, ROW_QUEUE_BEFORE, ROW_TURN, ROW_DEAD_LETTERS, ROW_INGEST_FAILURES } },
    [ROW_INGEST] = { .id = "ingest", .kind = &kind_lambda_function, .after = "-ingest", .path = "ingest", .spec = spec_ingest, .presence = ingest_presence, .needs = { ROW_INGEST_ROLE, ROW_INGEST_LOGS, ROW_QUEUE, ROW_QUEUE_BEFORE } },
    [ROW_DRAIN] = { .id = "drain", .kind = &kind_lambda_function, .after = "-drain", .path = "drain", .spec = spec_drain, .presence = drain_presence, .needs = { ROW_DRAIN_ROLE, ROW_DRAIN_LOGS, ROW_QUEUE, ROW_QUEUE_BEFORE, ROW_TURN, ROW_PARAMETER, ROW_PARAMETER_LEFTOVERS } },
    [ROW_DRAIN_ASYNC] = { .id = "drain-async", .kind = &kind_invoke_config, .after = "-drain", .path = "drain", .presence = drain_presence, .needs = { ROW_DRAIN } },
    [ROW_INGEST_ASYNC_EXTRA] = { .id = "ingest-async", .kind = &kind_invoke_config, .after = "-ingest", .path = "ingest", .presence = leftovers, .needs = { ROW_INGEST } },
    [ROW_MAPPING] = { .id = "mapping", .kind = &kind_event_source, .after = "-ingest", .path = "ingest", .spec = spec_mapping, .presence = ingest_presence, .needs = { ROW_INGEST, ROW_INGEST_ROLE, ROW_TABLE, ROW_INGEST_FAILURES, ROW_QUEUE } },
    [ROW_SCHEDULE] = { .id = "schedule/", .kind = &kind_event_rule, .name = schedule_row_name, .path = "drain.schedules", .item = schedule_item, .spec = spec_schedule, .count = schedules, .presence = drain_presence, .needs = { ROW_DRAIN, ROW_DRAIN_ROLE }, .outlives = { ROW_MAPPING } },
    [ROW_PERMISSION] = { .id = "drain-permission", .kind = &kind_lambda_permission, .name = permission_name, .path = "drain.schedules", .spec = spec_permission, .presence = drain_presence, .needs = { ROW_DRAIN } },
    [ROW_SCHEDULE_LEFTOVERS] = { .id = "schedule/*", .kind = &kind_event_rule, .after = "-", .path = "drain.schedules", .presence = leftovers, .needs = { ROW_DRAIN }, .outlives = { ROW_MAPPING } },
    [ROW_INGEST_PERMISSION_EXTRAS] = { .id = "ingest-permission/*", .kind = &kind_lambda_permission, .name = any_name, .path = "ingest", .spec = spec_ingest_permission, .presence = leftovers, .needs = { ROW_INGEST } },
    [ROW_DRAIN_PERMISSION_EXTRAS] = { .id = "drain-permission/*", .kind = &kind_lambda_permission, .name = any_name, .path = "drain", .spec = spec_permission, .presence = leftovers, .needs = { ROW_DRAIN } },
};
/* clang-format on */

static char *make_name(const struct line *l, const struct making *m)
{
    if (l->name)
        return l->name(m);
    return xasprintf("%s%s%s", l->before ? l->before : "", m->config->pipeline,
                     l->after ? l->after : "");
}

static void add_row(const struct making *m, enum row_line line)
{
    const struct line *l = &lines[line];
    const struct kind *existing = l->existing ? l->existing(m) : NULL;
    auto_buf id = BUF(BUF_SMALL), path = BUF(BUF_SMALL);

    buf_puts(&id, l->id);
    buf_puts(&path, l->path);
    if (l->item)
        l->item(m, &id, &path);
    m->pipeline->rows[m->pipeline->n++] = (struct row){
        .line = (int)line,
        .id = buf_steal(&id),
        .kind = existing ? existing : l->kind,
        .name = make_name(l, m),
        .spec = l->spec ? l->spec(m) : NULL,
        .presence = l->presence ? l->presence(m->config) : PRESENT,
        .config_path = buf_steal(&path),
    };
}

/* All rows of the lines in `list`. */
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

static void add_ties(const struct pipeline *p, struct row *row, const size_t *first)
{
    row->n_needs = rows_of(p, lines[row->line].needs, first, &row->needs);
    row->n_outlives = rows_of(p, lines[row->line].outlives, first, &row->outlives);
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
    struct making m = { .config = c, .pipeline = p, .roles = roles };
    size_t first[ROW_LINES + 1] = { 0 }, n = 0;

    for (enum row_line line = ROW_NONE; line < ROW_LINES; line++) {
        first[line] = n;
        if (line != ROW_NONE)
            n += lines[line].count ? lines[line].count(c) : 1;
    }
    first[ROW_LINES] = n;
    *p = (struct pipeline){
        .rows = xcalloc(n + 1, sizeof(*p->rows)),
        .tags = all_tags(c),
        .kept = json_array(),
    };
    for (enum row_line line = ROW_NONE; line < ROW_LINES; line++) {
        for (m.i = 0; m.i < first[line + 1] - first[line]; m.i++)
            add_row(&m, line);
    }
    for (size_t i = 0; i < p->n; i++)
        add_ties(p, &p->rows[i], first);
}

const struct row *pipeline_row(const struct pipeline *p, enum row_line line)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->rows[i].line == (int)line)
            return &p->rows[i];
    return NULL;
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
