/* terminal.c: what the streams are connected to, and how to speak to it. */
#include "ui/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 8192 /* the largest parameter that SSM takes */

static bool color_allowed = true, dumb;

void terminal_setup(bool no_color)
{
    const char *asked = getenv("NO_COLOR"), *term = getenv("TERM");

    dumb = !term || strcmp(term, "dumb") == 0;
    color_allowed = !no_color && !(asked && *asked) && !dumb;
}

bool terminal_live(FILE *f)
{
    return !dumb && isatty(fileno(f));
}

bool terminal_color(FILE *f)
{
    return color_allowed && isatty(fileno(f));
}

int terminal_columns(FILE *f)
{
    struct winsize size = { 0 };

    if (ioctl(fileno(f), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return 80;
}

int terminal_rows(FILE *f)
{
    struct winsize size = { 0 };

    if (ioctl(fileno(f), TIOCGWINSZ, &size) == 0 && size.ws_row >= 5)
        return size.ws_row;
    return 24;
}

const char *color_on(FILE *f, enum color c)
{
    static const char *const codes[] = {
        [COLOR_NONE] = "",        [COLOR_GREEN] = "\033[32m", [COLOR_YELLOW] = "\033[33m",
        [COLOR_RED] = "\033[31m", [COLOR_DIM] = "\033[2m",    [COLOR_BOLD] = "\033[1m",
    };

    return terminal_color(f) ? codes[c] : "";
}

const char *color_off(FILE *f)
{
    return terminal_color(f) ? "\033[0m" : "";
}

bool terminal_asks(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool terminal_confirm(const char *question)
{
    char answer[16] = "";

    (void)fprintf(stderr, "%s [y/N] ", question);
    (void)fflush(stderr);
    if (!fgets(answer, sizeof(answer), stdin)) {
        (void)fputc('\n', stderr);
        return false;
    }
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

/* One line without its end, or NULL for an empty one. */
static char *read_line_secretly(void)
{
    auto_secret char *line = xcalloc(1, SECRET_MAX);
    size_t n = 0;
    char c;

    /* not through stdio, whose buffer would keep it */
    while (n + 1 < SECRET_MAX && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
        line[n++] = c;
    while (n > 0 && line[n - 1] == '\r')
        line[--n] = '\0';
    return n ? steal(line) : NULL;
}

char *terminal_secret(const char *name)
{
    struct termios before, silent;

    if (!terminal_asks() || tcgetattr(STDIN_FILENO, &before) != 0)
        return NULL;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    (void)fprintf(stderr, "parameter '%s' (not shown): ", name);
    (void)fflush(stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    char *value = read_line_secretly();
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    (void)fputc('\n', stderr);
    return value;
}

void elapsed_text(int64_t ms, char *out)
{
    int64_t s = ms / 1000;

    if (ms < 1000)
        (void)snprintf(out, ELAPSED_TEXT, "0.%02d s", (int)(ms / 10));
    else if (ms < 10000)
        (void)snprintf(out, ELAPSED_TEXT, "%d.%d s", (int)s, (int)(ms % 1000 / 100));
    else if (s < 120)
        (void)snprintf(out, ELAPSED_TEXT, "%d s", (int)s);
    else
        (void)snprintf(out, ELAPSED_TEXT, "%lld min %d s", (long long)(s / 60), (int)(s % 60));
}
