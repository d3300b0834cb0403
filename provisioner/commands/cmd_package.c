/* cmd_package.c: `fifoq package`. */
#include "commands/session.h"
#include "commands/verb.h"
#include "files.h"
#include "ui/plan_print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* True for "-" and for other names of it, such as /dev/stdout. */
static bool is_standard_output(const char *output)
{
    struct stat file, out;

    return strcmp(output, "-") == 0 ||
           (stat(output, &file) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
            file.st_dev == out.st_dev && file.st_ino == out.st_ino);
}

static int write_out(const struct package *p, const char *output, struct err *e)
{
    if (!is_standard_output(output))
        return file_put(output, p->zip, p->len, e);
    if (isatty(STDOUT_FILENO))
        return err_set(e, ERR_USAGE,
                       "refusing to write a zip to a terminal; use '-o FILE', or a pipe");
    if (write_all(STDOUT_FILENO, p->zip, p->len) < 0)
        return err_set(e, ERR_IO, "standard output: %s", strerror(errno));
    return 0;
}

/* Prints to stderr when the zip is on standard output. */
static void print_summary(const struct package *p, const struct options *o)
{
    FILE *to = is_standard_output(o->output) ? stderr : stdout;
    auto_json json_t *document = NULL;

    if (o->quiet)
        return;
    if (o->format == FORMAT_TEXT) {
        (void)fprintf(to, "%s: %zu bytes, code_sha256 %s\n", o->output, p->len, p->code_sha256);
        return;
    }
    document = json_pack("{s:s, s:I, s:s, s:s}", "file", o->output, "bytes", (json_int_t)p->len,
                         "code_sha256", p->code_sha256, "code", p->code);
    json_print(document, to);
}

static int package_run(const struct options *o, struct err *e)
{
    auto_session s = { 0 };

    if (!o->output)
        return err_set(
            e, ERR_USAGE,
            "package: missing output file; use '-o FILE', or '-o -' for standard output");
    if (session_config(&s, o, e) < 0 || package_make(&s.config, &s.package, e) < 0 ||
        write_out(&s.package, o->output, e) < 0)
        return -1;
    print_summary(&s.package, o);
    return EXIT_DONE;
}

static const struct option_row package_options[] = {
    { "output", 'o', OPTION_TEXT, offsetof(struct options, output), "FILE", NULL,
      "the file to write; - is standard output" },
    OPTIONS_END,
};

const struct verb verb_package = {
    .name = "package",
    .summary = "write the zip that 'up' uploads; byte-for-byte reproducible",
    .details = "Needs no credentials. The same configuration and the same fifoq produce the same "
               "bytes everywhere, so code_sha256 can be compared with Lambda's CodeSha256.",
    .options = package_options,
    .run = package_run,
};
