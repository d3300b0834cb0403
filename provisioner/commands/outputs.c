/* outputs.c: see outputs.h. */
#include "commands/outputs.h"

#include "files.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

const char *const format_names[] = {
    [FORMAT_TEXT] = "text",       [FORMAT_JSON] = "json",     [FORMAT_JUNIT] = "junit",
    [FORMAT_SARIF] = "sarif",     [FORMAT_GITHUB] = "github", [FORMAT_MARKDOWN] = "markdown",
    [FORMAT_MARKDOWN + 1] = NULL,
};

/* The format of "sarif=FILE"; -1: none. *file is borrowed. */
static int format_of(const char *output, const char **file)
{
    size_t n = strcspn(output, "=");

    *file = output[n] ? output + n + 1 : "";
    for (int f = 0; format_names[f] && **file; f++) {
        if (strlen(format_names[f]) == n && memcmp(format_names[f], output, n) == 0)
            return f;
    }
    return -1;
}

int outputs_formats(const struct options *o, unsigned *set, struct err *e)
{
    const char *file;

    *set = 1u << o->format;
    for (size_t i = 0; i < o->outputs.n; i++) {
        int format = format_of(o->outputs.list[i], &file);

        if (format < 0)
            return err_set(e, ERR_USAGE,
                           "--output: unknown value '%s'; expected "
                           "text|json|junit|sarif|github|markdown, '=' and a file",
                           o->outputs.list[i]);
        *set |= 1u << format;
    }
    return 0;
}

static int write_one(const char *output, output_fn *print, const void *report, struct err *e)
{
    const char *file;
    int format = format_of(output, &file);
    auto_free char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (!f)
        return err_set(e, ERR_IO, "'%s': out of memory", file);
    print(report, format, f);
    if (fclose(f) != 0)
        return err_set(e, ERR_IO, "'%s': out of memory", file);
    return file_put(file, text, n, e);
}

int outputs_print(const struct options *o, output_fn *print, const void *report, struct err *e)
{
    for (size_t i = 0; i < o->outputs.n; i++) {
        if (write_one(o->outputs.list[i], print, report, e) < 0)
            return err_wrap(e, "--output");
    }
    print(report, o->format, stdout);
    return 0;
}
