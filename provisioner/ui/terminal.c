/* terminal.c: terminal detection, colour, line breaks and prompts. */
#include "ui/terminal.h"

#include "env.h"
#include "mem.h"
#include "plain.h"
#include "ui/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
    SECRET_MAX = 8192, /* the largest parameter that SSM accepts */
    LOOK_MS = 100,     /* the delay of Ctrl-C during a prompt, whichever thread gets the signal */
};

static bool color_allowed = true, dumb;
static struct termios before_secret;
static int secret_fd; /* the terminal without echo */
static atomic_bool silenced;

void terminal_setup(bool no_color)
{
    const char *term = getenv("TERM");

    dumb = !term || strcmp(term, "dumb") == 0;
    color_allowed = !no_color && !env_get("NO_COLOR") && !dumb;
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

/* Prints words and breaks lines before `columns`. */
static void say_words(FILE *to, const char *text, size_t columns)
{
    size_t at = 0;

    while (*text) {
        size_t spaces = strspn(text, " "), n = strcspn(text + spaces, " \n");
        bool breaks = at > 0 && at + spaces + n > columns;

        if (breaks)
            (void)fprintf(to, "\n  %.*s", (int)n, text + spaces);
        else
            (void)fprintf(to, "%.*s", (int)(spaces + n), text);
        at = breaks ? 2 + n : at + spaces + n;
        text += spaces + n;
        if (*text == '\n') {
            (void)fputc(*text++, to);
            at = 0;
        }
    }
    (void)fputc('\n', to);
}

void terminal_say(FILE *to, const char *text)
{
    auto_free char *plain = xstrdup(text);

    text_plain(plain, true);
    say_words(to, plain, isatty(fileno(to)) ? (size_t)terminal_columns(to) : SIZE_MAX);
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

/* Reads a line without its end; false at the end of input or after Ctrl-C. Not with stdio: its
 * buffer would keep a secret. */
static bool read_line(int fd, char *line, size_t size)
{
    struct pollfd input = { .fd = fd, .events = POLLIN };
    size_t n = 0;
    char c = 0;

    while (c != '\n') {
        ssize_t got = 0;

        if (interrupted())
            return false;
        if (poll(&input, 1, LOOK_MS) <= 0)
            continue;
        got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != 1)
            break;
        if (c != '\n' && n + 1 < size)
            line[n++] = c;
    }
    while (n > 0 && line[n - 1] == '\r')
        n--;
    line[n] = '\0';
    return c == '\n' || n > 0;
}

bool terminal_confirm(const char *question)
{
    char answer[16] = "";

    (void)fprintf(stderr, "%s [y/N] ", question);
    (void)fflush(stderr);
    if (!read_line(STDIN_FILENO, answer, sizeof(answer))) {
        (void)fputc('\n', stderr);
        return false;
    }
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

/* fd must be a terminal. */
static char *ask_silently(int fd, FILE *to, const char *question)
{
    auto_secret char *line = xcalloc(1, SECRET_MAX);
    struct termios silent;
    bool given;

    if (tcgetattr(fd, &before_secret) != 0)
        return NULL;
    silent = before_secret;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    secret_fd = fd;
    silenced = true;
    /* before the prompt: the answer may already be there */
    (void)tcsetattr(fd, TCSAFLUSH, &silent);
    (void)fprintf(to, "%s (not shown): ", question);
    (void)fflush(to);
    given = read_line(fd, line, SECRET_MAX);
    terminal_restore();
    (void)fputc('\n', to);
    (void)fflush(to);
    return given && *line ? steal(line) : NULL;
}

char *terminal_secret(const char *name)
{
    auto_free char *question = xasprintf("parameter '%s'", name);

    return terminal_asks() ? ask_silently(STDIN_FILENO, stderr, question) : NULL;
}

/* Uses /dev/tty if the streams are redirected. */
char *terminal_code(const char *question)
{
    FILE *tty = NULL;
    char *code = NULL;

    if (terminal_asks())
        return ask_silently(STDIN_FILENO, stderr, question);
    tty = fopen("/dev/tty", "r+e");
    code = tty ? ask_silently(fileno(tty), tty, question) : NULL;
    if (tty)
        (void)fclose(tty);
    return code;
}

/* tcsetattr may be called from a signal handler: signal-safety(7). */
void terminal_restore(void)
{
    if (atomic_exchange(&silenced, false))
        (void)tcsetattr(secret_fd, TCSAFLUSH, &before_secret);
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
