/* interrupt.c: Ctrl-C as a flag. */
#include "ui/interrupt.h"

#include "base.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

static atomic_bool stop_asked;
static void (*_Atomic second)(void);

/* A third one finds the default action. */
static void on_signal(int number)
{
    int saved = errno;
    void (*hurry)(void) = second;

    if (!atomic_exchange(&stop_asked, true)) {
        errno = saved;
        return;
    }
    (void)signal(number, SIG_DFL);
    if (hurry)
        hurry();
    else
        (void)raise(number);
    errno = saved;
}

void interrupt_setup(void)
{
    /* no SA_RESTART: a read that waits for an answer at the terminal ends */
    struct sigaction action = { .sa_handler = on_signal };
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNTOF(numbers); i++)
        (void)sigaction(numbers[i], &action, NULL);
}

void interrupt_second(void (*hurry)(void))
{
    second = hurry;
}

bool interrupted(void)
{
    return stop_asked;
}
