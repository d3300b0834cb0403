/* targets.c: see targets.h. */
#include "commands/targets.h"

#include "config/config.h"
#include "json.h"
#include "mem.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_FILE "fifoq.yaml"

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Each pipeline once. */
static void add(struct targets *t, const char *file, const char *environment)
{
    for (size_t i = 0; i < t->n; i++) {
        if (is_same(t->list[i].file, file) && is_same(t->list[i].environment, environment))
            return;
    }
    t->list = xrealloc(t->list, (t->n + 1) * sizeof(*t->list));
    t->list[t->n++] = (struct target){ xstrdup(file), environment ? xstrdup(environment) : NULL };
}

static int add_file(struct targets *t, const struct options *o, const char *file, struct err *e)
{
    auto_json json_t *names = NULL;
    json_t *name;
    size_t i;

    if (o->all_envs && config_environments(file, &names, e) < 0) {
        e->code = ERR_CONFIG;
        return -1;
    }
    if (json_array_size(names) == 0)
        add(t, file, o->environment);
    json_array_foreach(names, i, name) {
        add(t, file, json_string_value(name));
    }
    return 0;
}

/* found: a pattern's match, and not a name that the user wrote. */
static int add_path(struct targets *t, const struct options *o, const char *path, bool found,
                    struct err *e)
{
    size_t n = strlen(path);
    auto_free char *inside = NULL;

    if (!is_folder(path))
        return add_file(t, o, path, e);
    while (n > 1 && path[n - 1] == '/')
        n--;
    inside = xasprintf("%.*s/%s", (int)n, path, CONFIG_FILE);
    return found && access(inside, F_OK) < 0 ? 0 : add_file(t, o, inside, e);
}

static int add_pattern(struct targets *t, const struct options *o, const char *pattern,
                       struct err *e)
{
    glob_t g = { 0 };
    size_t before = t->n;
    int rc = 0;

    if (glob(pattern, 0, NULL, &g) == 0) {
        for (size_t i = 0; i < g.gl_pathc && rc == 0; i++)
            rc = add_path(t, o, g.gl_pathv[i], true, e);
    }
    globfree(&g);
    if (rc == 0 && t->n == before)
        return err_set(e, ERR_USAGE, "'%s' matches no configuration", pattern);
    return rc;
}

int targets_find(struct targets *t, const struct options *o, struct err *e)
{
    if (o->all_envs && o->environment)
        return err_set(e, ERR_USAGE, "--env and --all-envs: use one of them");
    if (o->file && o->n_args)
        return err_set(e, ERR_USAGE, "--file and PATH: use one of them");
    t->many = o->all_envs || o->n_args > 1;
    if (o->n_args == 0)
        return add_file(t, o, o->file ? o->file : CONFIG_FILE, e);
    for (int i = 0; i < o->n_args; i++) {
        bool pattern = strpbrk(o->args[i], "*?[") && access(o->args[i], F_OK) < 0;

        t->many |= pattern;
        if ((pattern ? add_pattern(t, o, o->args[i], e) : add_path(t, o, o->args[i], false, e)) < 0)
            return -1;
    }
    return 0;
}

void targets_done(struct targets *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->list[i].file);
        free(t->list[i].environment);
    }
    free(t->list);
    *t = (struct targets){ 0 };
}
