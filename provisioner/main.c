/* main.c: the fifoq command: finds the verb, runs it, prints its error once and picks the exit
 * code. */
#include "commands/help.h"
#include "commands/verb.h"
#include "log.h"
#include "mem.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"
#include "ui/trace.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(const struct verb *v, const struct options *o, struct err *e)
{
    if (o->n_args > v->max_args)
        return err_set(e, ERR_USAGE, "unexpected argument '%s'; see 'fifoq %s --help'",
                       o->args[v->max_args], v->name);
    terminal_setup(o->no_color);
    trace_setup(o->verbose);
    if (o->verbose)
        log_setup(LOG_TEXT, LOG_DEBUG, STDERR_FILENO);
    else
        log_setup(LOG_TEXT, LOG_WARN, STDERR_FILENO);
    interrupt_setup(EXIT_INTERRUPTED);
    return v->run(o, e);
}

/* --format before the verb may have a value that only another verb accepts. */
static int check_format(const struct verb *v, const struct options *o, struct err *e)
{
    for (const struct option_row *r = v->options; r && r->name; r++)
        if (strcmp(r->name, "format") == 0)
            return 0;
    if (o->format <= FORMAT_JSON)
        return 0;
    return err_set(e, ERR_USAGE, "--format: '%s' supports only text and json", v->name);
}

/* Options may come before the verb, after it, or both; --help in any place shows that verb's help.
 */
static int dispatch(int argc, char **argv, struct err *e)
{
    struct options o = { 0 };
    const struct verb *v = NULL;

    if (options_parse(argc, argv, options_first, options_common, true, &o, e) < 0)
        return -1;
    if (o.version)
        return verb_version.run(&o, e);
    if (o.n_args == 0) {
        bool asked = o.help || argc == 1;
        help_short(asked ? stdout : stderr);
        return asked ? EXIT_DONE : EXIT_BAD_USAGE;
    }

    v = verb_find(o.args[0]);
    if (!v)
        return verb_unknown(o.args[0], e);
    o.verb = v->name;
    if (options_parse(o.n_args, o.args, v->options, options_common, false, &o, e) < 0)
        return err_wrap(e, "%s", v->name);
    if (check_format(v, &o, e) < 0)
        return -1;
    if (o.help) {
        help_verb(v, stdout);
        return EXIT_DONE;
    }
    return run(v, &o, e);
}

/* EPIPE is not reported: the reader closed the pipe early, as in `fifoq plan | head`. */
static int finish_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno != EPIPE)
        (void)fprintf(stderr, "fifoq: standard output: %s\n", strerror(errno));
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

int main(int argc, char **argv)
{
    struct err e = { 0 };
    int code = 0;
    auto_free char *words = NULL;

    (void)mallopt(M_ARENA_MAX, 2); /* threads mostly wait: save memory rather than time */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL); /* if inherited as ignored, waitpid would find no child */
    mem_no_core();
    mem_init();

    code = dispatch(argc, argv, &e);
    if (code >= 0)
        return finish_output(code);
    (void)fflush(stdout);
    words = xasprintf("fifoq: %s", e.msg);
    terminal_say(stderr, words);
    return (int)exit_code_of(e.code);
}
