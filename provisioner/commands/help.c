/* help.c: help for the terminal; manual.c has the manual page. */
#include "commands/help.h"

#include "ui/wrap.h"

#include <string.h>

static bool has_row(const struct option_row *rows, const char *name)
{
    for (const struct option_row *r = rows; r && r->name; r++)
        if (strcmp(r->name, name) == 0)
            return true;
    return false;
}

/* Skips a row that `own` replaces by one of the same name. */
static void options_help(const struct option_row *rows, const struct option_row *own, FILE *to)
{
    for (const struct option_row *r = rows; r && r->name; r++) {
        char left[64], letter[8] = "    ";

        if (has_row(own, r->name))
            continue;
        if (r->letter)
            (void)snprintf(letter, sizeof(letter), "-%c, ", r->letter);
        (void)snprintf(left, sizeof(left), "%s--%s%s%s", letter, r->name, r->value ? " " : "",
                       r->value ? r->value : "");
        if (strlen(left) > 26)
            (void)fprintf(to, "  %s\n%29s", left, "");
        else
            (void)fprintf(to, "  %-26s ", left);
        print_wrapped(r->help, 29, to);
    }
}

void help_short(FILE *to)
{
    (void)fputs("Delivers items of a DynamoDB table, in order and on a schedule, to HTTP APIs.\n\n"
                "usage: fifoq COMMAND [options]\n\n",
                to);
    for (const struct verb *const *v = verbs; *v; v++)
        (void)fprintf(to, "  %-10s %s\n", (*v)->name, (*v)->summary);
    (void)fputs("\nRun 'fifoq COMMAND --help' for details. Start with 'fifoq init'.\n", to);
}

void help_verb(const struct verb *v, FILE *to)
{
    (void)fprintf(to, "fifoq %s: %s\n\nusage: fifoq %s%s%s [options]\n\n", v->name, v->summary,
                  v->name, v->arguments ? " " : "", v->arguments ? v->arguments : "");
    if (v->details) {
        print_wrapped(v->details, 0, to);
        (void)fputc('\n', to);
    }
    if (v->options) {
        (void)fputs("options:\n", to);
        options_help(v->options, NULL, to);
        (void)fputc('\n', to);
    }
    (void)fputs("options of every command:\n", to);
    options_help(options_common, v->options, to);
}
