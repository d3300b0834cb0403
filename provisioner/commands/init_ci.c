/* init_ci.c: the drift job for GitHub Actions or GitLab CI. */
#include "commands/init_ci.h"

#include "buf.h"
#include "embed/embed.h"
#include "files.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LINE "FIFOQ_FILE: fifoq.yaml\n" /* exactly once in each template */

const char *const ci_names[] = { "auto", "github", "gitlab", "none", NULL };

static const struct job {
    const char *template, *folders[2], *path;
    const char *next; /* the user's next step */
} jobs[] = {
    [CI_GITHUB] = { "github-drift.yml",
                    { ".github", ".github/workflows" },
                    ".github/workflows/fifoq-drift.yml",
                    "set the variables listed at its top" },
    [CI_GITLAB] = { "gitlab-drift.yml",
                    { ".gitlab", NULL },
                    ".gitlab/fifoq-drift.yml",
                    "include it in .gitlab-ci.yml, as described at its top" },
};

/* True if a remote's URL contains word. */
static bool has_remote(const char *config, const char *word)
{
    for (const char *line = config; line && *line; line += *line == '\n') {
        size_t n = strcspn(line, "\n");
        auto_free char *one = xstrndup(line, n);
        const char *start = one + strspn(one, " \t");

        if (str_starts(start, "url") && strstr(start, word))
            return true;
        line += n;
    }
    return false;
}

enum ci ci_of_folder(void)
{
    auto_free char *config = NULL;
    struct err unreadable;

    if (access(".github", F_OK) == 0)
        return CI_GITHUB;
    if (access(".gitlab-ci.yml", F_OK) == 0)
        return CI_GITLAB;
    if (file_read(".git/config", &config, &unreadable) < 0) /* in a worktree .git is a file */
        return CI_GITHUB;
    if (has_remote(config, "github"))
        return CI_GITHUB;
    return has_remote(config, "gitlab") ? CI_GITLAB : CI_GITHUB;
}

static int make_folders(const struct job *j, struct err *e)
{
    for (size_t i = 0; i < COUNTOF(j->folders) && j->folders[i]; i++)
        if (mkdir(j->folders[i], 0777) < 0 && errno != EEXIST)
            return err_set(e, ERR_IO, "'%s': %s", j->folders[i], strerror(errno));
    return 0;
}

/* The template with the configuration's name inserted; a JSON string is valid YAML. */
static int job_text(const struct job *j, const char *file, struct buf *out, struct err *e)
{
    const struct blob *b = embed_template(j->template);
    const char *text = b ? (const char *)b->data : "", *at = strstr(text, FILE_LINE);
    auto_json json_t *name = json_string(file);
    auto_free char *quoted = name ? json_dumps(name, JSON_ENCODE_ANY) : NULL;

    if (!at)
        return err_set(e, ERR_IO, "this fifoq contains no CI job; build it again");
    if (!quoted)
        return err_set(e, ERR_USAGE, "-f: the file name must be UTF-8 for a CI job");
    if (strcmp(file, "fifoq.yaml") == 0) {
        buf_puts(out, text);
        return 0;
    }
    buf_add(out, text, (size_t)(at - text));
    buf_printf(out, "FIFOQ_FILE: %s\n", quoted);
    buf_puts(out, at + strlen(FILE_LINE));
    return 0;
}

int ci_write(enum ci c, const char *file, struct err *e)
{
    const struct job *j = &jobs[c];
    auto_buf text = BUF(BUF_LARGE);
    bool made = false;

    if (c == CI_NONE)
        return 0;
    if (job_text(j, file, &text, e) < 0 || make_folders(j, e) < 0 ||
        file_create(j->path, buf_str(&text), text.len, &made, e) < 0)
        return -1;
    if (made)
        (void)printf("wrote %s: %s\n", j->path, j->next);
    else
        (void)printf("kept %s: it already exists\n", j->path);
    return 0;
}
