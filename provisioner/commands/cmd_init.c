/* cmd_init.c: `fifoq init`. */
#include "commands/init_ci.h"
#include "commands/verb.h"
#include "embed/embed.h"
#include "files.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

#define STARTER_NAME "\nname: orders\n" /* exactly once in templates/fifoq.yaml */

/* Files that must stay out of source control. */
static const char *const ignored[] = { ".env", "*.secret" };

static bool is_pipeline_name(const char *name)
{
    return *name >= 'a' && *name <= 'z' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static int fill_starter(const char *name, struct buf *out, struct err *e)
{
    const struct blob *b = embed_template("fifoq.yaml");
    const char *text = b ? (const char *)b->data : "", *at = strstr(text, STARTER_NAME);

    if (!at)
        return err_set(e, ERR_IO, "this fifoq contains no starter configuration; build it again");
    buf_add(out, text, (size_t)(at - text));
    buf_printf(out, "\nname: %s\n", name);
    buf_puts(out, at + strlen(STARTER_NAME));
    return 0;
}

static bool has_line(const char *text, const char *line)
{
    size_t n = strlen(line);

    for (const char *p = text; p && (p = strstr(p, line)); p += n)
        if ((p == text || p[-1] == '\n') && (p[n] == '\n' || p[n] == '\r' || p[n] == '\0'))
            return true;
    return false;
}

/* Adds only the missing lines. */
static int extend_gitignore(struct err *e)
{
    auto_free char *text = NULL;
    auto_buf next = BUF(BUF_LARGE);
    bool added = false;

    if (file_read(".gitignore", &text, e) < 0)
        return -1;
    buf_puts(&next, text ? text : "");
    if (next.len && next.s[next.len - 1] != '\n')
        buf_putc(&next, '\n');
    for (size_t i = 0; i < COUNTOF(ignored); i++) {
        if (text && has_line(text, ignored[i]))
            continue;
        buf_printf(&next, "%s\n", ignored[i]);
        added = true;
    }
    if (!added)
        return 0;
    if (file_replace(".gitignore", buf_str(&next), next.len, e) < 0)
        return -1;
    (void)printf("%s .gitignore: access keys stay out of source control\n",
                 text ? "extended" : "wrote");
    return 0;
}

static int init_run(const struct options *o, struct err *e)
{
    const char *name = o->n_args ? o->args[0] : "orders", *file = o->file ? o->file : "fifoq.yaml";
    enum ci ci = o->ci == CI_AUTO ? ci_of_folder() : (enum ci)o->ci;
    auto_buf text = BUF(BUF_LARGE);
    bool made = false;

    if (!is_pipeline_name(name))
        return err_set(
            e, ERR_USAGE,
            "invalid pipeline name '%s'; expected a to z first, then a to z, 0 to 9 and -", name);
    if (fill_starter(name, &text, e) < 0 ||
        file_create(file, buf_str(&text), text.len, &made, e) < 0)
        return -1;
    if (!made && o->ci == CI_AUTO)
        return err_set(e, ERR_REFUSED,
                       "'%s' already exists and was not changed; use '-f FILE' for another, or "
                       "--ci for only the drift job",
                       file);
    (void)printf(made ? "wrote %s\n" : "kept %s: it already exists\n", file);
    if (extend_gitignore(e) < 0 || ci_write(ci, file, e) < 0)
        return -1;
    (void)printf("next: put your table and API into it, then run 'fifoq check'\n");
    return EXIT_DONE;
}

static const struct option_row init_options[] = {
    { "ci", 0, OPTION_CHOICE, offsetof(struct options, ci), "auto|github|gitlab|none", ci_names,
      "the CI system of the drift job (auto: detected from the folder)" },
    OPTIONS_END,
};

const struct verb verb_init = {
    .name = "init",
    .summary = "write a commented fifoq.yaml, and a CI job that checks for drift",
    .arguments = "[NAME]",
    .details = "NAME is the name of the pipeline and a part of all its resources' names. Existing "
               "files are never overwritten; .gitignore gets lines that keep access keys out of "
               "source control. The job runs 'fifoq drift' each night and for each change: "
               ".github/workflows/fifoq-drift.yml or .gitlab/fifoq-drift.yml (docs/guides/ci.md). "
               "With --ci, an existing configuration is kept, and the job is written.",
    .options = init_options,
    .max_args = 1,
    .run = init_run,
};
