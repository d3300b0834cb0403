/* interrupt.c: turns Ctrl-C into a flag. */
#include "ui/interrupt.h"

#include "macros.h"
#include "ui/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static atomic_bool stop_asked;
static int exit_status;
static void (*_Atomic second)(void);
static const char *_Atomic last_words = "fifoq: stopped immediately\n";

static void end_at_once(void)
{
    const char *words = last_words;

    terminal_restore();
    if (write(STDERR_FILENO, words, strlen(words)) < 0)
        _exit(exit_status);
    _exit(exit_status);
}

/* With interrupt_second, the third signal gets the default action. */
static void on_signal(int number)
{
    int saved = errno;
    void (*hurry)(void) = second;

    if (!atomic_exchange(&stop_asked, true)) {
        errno = saved;
        return;
    }
    if (!hurry)
        end_at_once();
    (void)signal(number, SIG_DFL);
    hurry();
    errno = saved;
}

void interrupt_setup(int status)
{
    /* no SA_RESTART: the signal must end a read from the terminal */
    struct sigaction action = { .sa_handler = on_signal };
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

    exit_status = status; /* before a handler can see it */
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNTOF(numbers); i++) {
        struct sigaction before;

        /* signals that were ignored at the start (nohup) stay ignored */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
}

void interrupt_second(void (*hurry)(void))
{
    second = hurry;
}

void interrupt_last_words(const char *line)
{
    last_words = line;
}

bool interrupted(void)
{
    return stop_asked;
}
