/* config.c: from a file to a struct config, or to the list of all problems. */
#include "config/config.h"

#include "config/build.h"
#include "config/check.h"
#include "config/decode.h"
#include "mem.h"
#include "suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)2 << 20) /* larger than yaml_read's limit, whose message is better */

/* The roots of a destination's templates; the names of parameters depend on the configuration. */
struct drain_roots {
    struct template_root roots[DESTINATION_ROOTS];
    const char **names; /* borrowed from the tree */
    size_t n;
};

static void roots_add(struct drain_roots *r, const struct ymember *parameters)
{
    const struct ynode *map = parameters ? parameters->value : NULL;

    for (size_t i = 0; map && map->kind == YNODE_MAP && i < map->n; i++) {
        r->names = xrealloc(r->names, (r->n + 2) * sizeof(*r->names));
        r->names[r->n++] = map->members[i].key;
        r->names[r->n] = NULL;
    }
}

static void roots_fill(struct drain_roots *r)
{
    if (!r->names)
        r->names = xcalloc(1, sizeof(*r->names));
    destination_roots_fill(r->roots, r->names);
}

/* One run from text to struct config. */
struct load {
    struct report report;
    struct ynode *root;
    const char *environment;
    struct drain_roots own, any; /* any: with every environment's parameters */
    json_t *positions;
};

static void load_done(struct load *l)
{
    ynode_free(l->root);
    free(l->own.names);
    free(l->any.names);
    json_decref(l->positions);
}

static void environment_unknown(struct load *l, const struct ymember *all)
{
    const struct ynode *map = all && all->value->kind == YNODE_MAP ? all->value : NULL;
    const char *names[64] = { 0 };
    auto_buf list = BUF(2048);
    auto_free char *hint = NULL;
    size_t n = 0;

    for (; map && n < map->n && n < COUNTOF(names); n++) {
        names[n] = map->members[n].key;
        buf_printf(&list, "%s%s", n ? ", " : "", names[n]);
    }
    hint = suggest_hint(suggest_word(l->environment, names, n), "defined",
                        n ? buf_str(&list) : "none");
    report_add(&l->report, all ? all->at : l->root->at, "environments",
               "unknown environment '%.60s'%s", l->environment, hint);
}

/* Removes `environments` and merges the chosen one over the rest. */
static void environment_merge(struct load *l)
{
    struct ymember *all = ynode_member(l->root, "environments");
    struct ymember *mine = all ? ynode_member(all->value, l->environment) : NULL;
    struct ynode *over;

    if (!mine) {
        environment_unknown(l, all);
        return;
    }
    over = mine->value;
    free(mine->key);
    *mine = all->value->members[--all->value->n];
    if (over->kind == YNODE_MAP && !ynode_member(over, "environments"))
        ynode_merge(l->root, over);
    else if (over->kind != YNODE_MAP && ynode_scalar(over) != YSCALAR_NULL)
        report_add(&l->report, over->at, "environments",
                   "expected a map of the changes of environment '%s'", l->environment);
    ynode_free(over);
}

/* Environments cannot be nested. */
static void environments_check(struct load *l)
{
    const struct ymember *all = ynode_member(l->root, "environments");

    for (size_t i = 0; all && all->value->kind == YNODE_MAP && i < all->value->n; i++) {
        const struct ymember *m = &all->value->members[i];
        const struct ymember *inner = ynode_member(m->value, "environments");
        auto_free char *path = xasprintf("environments.%s.environments", m->key);
        if (inner)
            report_add(&l->report, inner->at, path, "not allowed inside an environment");
        roots_add(&l->any, ynode_member(m->value, "parameters"));
    }
}

static char *pipeline_of(const json_t *tree, const char *environment)
{
    const char *name = jget_str(tree, "name");

    if (!name)
        return NULL;
    return environment ? xasprintf("%s-%s", name, environment) : xstrdup(name);
}

static void load_tree(struct load *l, struct config *out)
{
    struct decoder d = { .report = &l->report,
                         .positions = l->positions,
                         .drain_roots = l->own.roots,
                         .part_drain_roots = l->any.roots };
    auto_json json_t *tree = decode_root(&d, l->root, "");
    auto_free char *pipeline = pipeline_of(tree, l->environment);
    struct check c = { &l->report, tree, l->positions, pipeline };

    if (!tree)
        return;
    check_config(&c);
    if (problems_errors(&l->report.found))
        return;
    out->pipeline = steal(pipeline);
    build_config(tree, out);
    out->positions = steal(l->positions);
}

static void load_text(struct load *l, const char *text, size_t n, struct config *out)
{
    l->positions = json_object();
    l->root = yaml_read(text, n, &l->report);
    if (!l->root)
        return;
    environments_check(l);
    if (l->environment)
        environment_merge(l);
    roots_add(&l->own, ynode_member(l->root, "parameters"));
    roots_add(&l->any, ynode_member(l->root, "parameters"));
    roots_fill(&l->own);
    roots_fill(&l->any);
    load_tree(l, out);
}

// NOLINTNEXTLINE(readability-function-size): one more than the rule
int config_parse(const char *text, size_t n, const char *file, const char *environment,
                 struct config *out, struct problems *p, struct err *e)
{
    struct load l = { .report = { .file = file }, .environment = environment };

    *out = (struct config){ 0 };
    *p = (struct problems){ 0 };
    load_text(&l, text, n, out);
    report_sort(&l.report);
    load_done(&l);
    *p = l.report.found;
    if (config_verdict(file, p, e) < 0)
        return -1;
    out->file = xstrdup(file);
    out->environment = environment ? xstrdup(environment) : NULL;
    return 0;
}

static void close_file(FILE **f)
{
    if (*f)
        (void)fclose(*f); /* it was only read */
}

static int read_file(const char *file, struct buf *out, struct err *e)
{
    __attribute__((cleanup(close_file))) FILE *f = fopen(file, "re");
    char chunk[8192];
    size_t n;

    if (!f && errno == ENOENT)
        return err_set(e, ERR_IO, "'%s' not found; run 'fifoq init' to create one, or use -f FILE",
                       file);
    if (!f)
        return err_set(e, ERR_IO, "cannot open '%s': %s", file, strerror(errno));
    while (!buf_failed(out) && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(out, chunk, n);
    if (ferror(f))
        return err_set(e, ERR_IO, "cannot read '%s': %s", file, strerror(errno));
    if (buf_failed(out))
        return err_set(e, ERR_IO, "'%s' is too large: at most 1 MiB", file);
    return 0;
}

int config_load(const char *file, const char *environment, struct config *out, struct problems *p,
                struct err *e)
{
    auto_buf text = BUF(FILE_MAX);

    *out = (struct config){ 0 };
    *p = (struct problems){ 0 };
    if (read_file(file, &text, e) < 0)
        return -1;
    return config_parse(buf_str(&text), text.len, file, environment, out, p, e);
}

static void drain_done(struct config_drain *d)
{
    for (size_t i = 0; i < d->n_schedules; i++) {
        free(d->schedules[i].name);
        free(d->schedules[i].expression);
    }
    for (size_t i = 0; i < d->n_destinations; i++) {
        free(d->destinations[i].name);
        json_decref(d->destinations[i].settings);
        json_decref(d->destinations[i].check);
    }
    free(d->schedules);
    free(d->destinations);
}

static json_t *environment_names(const struct ynode *root)
{
    const struct ymember *all = ynode_member(root, "environments");
    json_t *names = json_array();

    for (size_t i = 0; all && all->value->kind == YNODE_MAP && i < all->value->n; i++)
        (void)json_array_append_new(names, json_string(all->value->members[i].key));
    return names;
}

int config_environments(const char *file, json_t **out, struct err *e)
{
    auto_buf text = BUF(FILE_MAX);
    struct report report = { .file = file };
    struct ynode *root;

    if (read_file(file, &text, e) < 0)
        return -1;
    root = yaml_read(buf_str(&text), text.len, &report);
    *out = root ? environment_names(root) : json_array();
    ynode_free(root);
    problems_done(&report.found);
    return 0;
}

void config_done(struct config *c)
{
    char *const texts[] = { c->file,
                            c->name,
                            c->pipeline,
                            c->environment,
                            c->region,
                            c->account,
                            c->profile,
                            c->table.name,
                            c->table.keys.key,
                            c->queue.existing,
                            c->table.keys.sort_key,
                            c->functions.permissions_boundary,
                            c->functions.role_path,
                            c->kms };
    json_t *const trees[] = { c->tags,           c->ignore_tags, c->ingest.filter, c->ingest.group,
                              c->ingest.message, c->settings,    c->positions };

    for (size_t i = 0; i < c->n_parameters; i++) {
        free(c->parameters[i].name);
        free(c->parameters[i].path);
        free(c->parameters[i].source);
    }
    free(c->parameters);
    drain_done(&c->drain);
    for (size_t i = 0; i < COUNTOF(texts); i++)
        free(texts[i]);
    for (size_t i = 0; i < COUNTOF(trees); i++)
        json_decref(trees[i]);
    *c = (struct config){ 0 };
}

static void add_problem(const struct config *c, struct problems *p, bool warning, const char *path,
                        const char *fmt, va_list ap)
{
    struct report r = { .file = c->file, .found = *p };

    report_field(&r, c->positions, warning, path, fmt, ap);
    report_sort(&r);
    *p = r.found;
}

void config_wrong(const struct config *c, struct problems *p, const char *path, const char *fmt,
                  ...)
{
    va_list ap;

    va_start(ap, fmt);
    add_problem(c, p, false, path, fmt, ap);
    va_end(ap);
}

void config_warn(const struct config *c, struct problems *p, const char *path, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add_problem(c, p, true, path, fmt, ap);
    va_end(ap);
}

int config_verdict(const char *file, const struct problems *p, struct err *e)
{
    size_t n = problems_errors(p);

    return n ? err_set(e, ERR_CONFIG, "%zu problem%s in '%s'", n, n == 1 ? "" : "s", file) : 0;
}

char *config_folder(const struct config *c)
{
    const char *slash = c->file ? strrchr(c->file, '/') : NULL;

    if (!slash)
        return xstrdup("");
    return slash == c->file ? xstrdup("/") : xstrndup(c->file, (size_t)(slash - c->file));
}

int config_line(const struct config *c, const char *path)
{
    return place_find(c->positions, path, true).line;
}
