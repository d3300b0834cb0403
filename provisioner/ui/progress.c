/* progress.c: running rows are redrawn in place below the finished ones. A thread updates their
 * times, so that a long wait is visibly alive.
 */
#include "ui/progress.h"

#include "plain.h"

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    REDRAW_MS = 200,
    REMIND_MS = 10000, /* without a terminal, a slow row is reported this often */
    RUNNING_MAX = 32,
    WORD_WIDTH = 8,
};
#define ANY_WIDTH INT16_MAX

struct running {
    const struct step *step;
    int64_t since_ms, reminded_ms;
    const char *waits, *why; /* what it waits for, or NULL */
    int64_t until_ms;
};

struct progress {
    pthread_t thread;
    pthread_mutex_t lock; /* protects everything below */
    pthread_cond_t ended;
    bool live, quiet, threaded, end, stopping;
    int id_width, drawn; /* drawn: lines of the live part on the terminal */
    struct running running[RUNNING_MAX];
    size_t n_running;
};

const char *action_doing(enum action a)
{
    static const char *const words[] = { "reading", "creating", "changing", "deleting" };
    return words[a];
}

const char *action_done(enum action a)
{
    static const char *const words[] = { "unchanged", "created", "changed", "deleted" };
    return words[a];
}

/* The parts of a row's line besides the row. */
struct line {
    const char *word, *elapsed, *more;
    enum color color;
    int most; /* cut at this many columns */
};

/* Columns of similar width come first, so that all stay aligned. */
static void print_row(const struct progress *g, const struct step *s, const struct line *l)
{
    auto_buf line = BUF(BUF_SMALL);

    buf_printf(&line, "%7s  %-*s  %s", l->elapsed, g->id_width, s->row->id, s->row->name);
    if (l->more)
        buf_printf(&line, ": %s", l->more);
    text_plain(line.s, false);
    (void)fprintf(stderr, "  %s%-*s%s%.*s\n", color_on(stderr, l->color), WORD_WIDTH, l->word,
                  color_off(stderr), l->most - 2 - WORD_WIDTH, buf_str(&line));
}

/* Prints a running row in whole seconds, so that the screen does not flicker. A wait shows the
 * remaining time, others the elapsed time. */
static void print_running(const struct progress *g, const struct running *r, int64_t now, int most)
{
    bool waits = r->waits && r->until_ms > now;
    int64_t seconds = (waits ? r->until_ms - now + 999 : now - r->since_ms) / 1000;
    auto_free char *word = waits ? xasprintf("%s in", r->waits) : NULL;
    char elapsed[ELAPSED_TEXT] = "";

    if (seconds > 0)
        (void)snprintf(elapsed, sizeof(elapsed), "%lld s", (long long)seconds);
    print_row(g, r->step,
              &(struct line){ .word = waits ? word : action_doing(r->step->action),
                              .elapsed = elapsed,
                              .more = waits ? r->why : NULL,
                              .color = g->live ? COLOR_DIM : COLOR_NONE,
                              .most = most });
}

static void erase(struct progress *g)
{
    if (g->drawn > 0)
        (void)fprintf(stderr, "\033[%dA\r\033[J", g->drawn);
    g->drawn = 0;
}

static void draw(struct progress *g)
{
    int64_t now = clock_mono_ms();
    size_t room = (size_t)terminal_rows(stderr) - 2; /* lines that scrolled off cannot be redrawn */

    for (size_t i = 0; i < g->n_running && i < room; i++) {
        print_running(g, &g->running[i], now, terminal_columns(stderr) - 1); /* nor wrapped lines */
        g->drawn++;
    }
    (void)fflush(stderr);
}

static void remind(struct progress *g)
{
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < g->n_running; i++) {
        if (now - g->running[i].reminded_ms < REMIND_MS)
            continue;
        g->running[i].reminded_ms = now;
        print_running(g, &g->running[i], now, ANY_WIDTH);
    }
}

/* Prints once after the first Ctrl-C. */
static void report_stopping(struct progress *g)
{
    if (g->stopping || !interrupted())
        return;
    g->stopping = true;
    (void)fputs("stopping: running requests finish first; Ctrl-C again stops immediately\n",
                stderr);
}

static void *progress_thread(void *arg)
{
    struct progress *g = arg;

    (void)pthread_mutex_lock(&g->lock);
    while (!g->end) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += REDRAW_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&g->ended, &g->lock, &until);
        if (g->end)
            break;
        erase(g);
        report_stopping(g);
        if (g->live)
            draw(g);
        else
            remind(g);
    }
    (void)pthread_mutex_unlock(&g->lock);
    return NULL;
}

struct progress *progress_new(const struct plan *p, bool quiet)
{
    struct progress *g = xcalloc(1, sizeof(*g));
    pthread_condattr_t monotonic;

    g->live = !quiet && !log_on(LOG_DEBUG) &&
              terminal_live(stderr); /* the debug log would disturb the redraw */
    g->quiet = quiet;
    g->id_width = 16;
    for (size_t i = 0; i < p->n; i++)
        if (p->steps[i].action != KEEP && (int)strlen(p->steps[i].row->id) > g->id_width)
            g->id_width = (int)strlen(p->steps[i].row->id);
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&g->ended, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    /* without the thread only the times are not updated */
    g->threaded = !quiet && pthread_create(&g->thread, NULL, progress_thread, g) == 0;
    return g;
}

void progress_free(struct progress *g)
{
    if (!g)
        return;
    (void)pthread_mutex_lock(&g->lock);
    g->end = true;
    (void)pthread_cond_signal(&g->ended);
    (void)pthread_mutex_unlock(&g->lock);
    if (g->threaded)
        (void)pthread_join(g->thread, NULL);
    erase(g);
    (void)fflush(stderr);
    (void)pthread_cond_destroy(&g->ended);
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
}

static void running_remove(struct progress *g, const struct step *s)
{
    for (size_t i = 0; i < g->n_running; i++) {
        if (g->running[i].step != s)
            continue;
        g->n_running--;
        memmove(&g->running[i], &g->running[i + 1], (g->n_running - i) * sizeof(g->running[0]));
        return;
    }
}

static void finished(struct progress *g, const struct step *s, enum apply_event ev,
                     int64_t elapsed_ms)
{
    char elapsed[ELAPSED_TEXT];
    struct line l = { 0 };

    running_remove(g, s);
    elapsed_text(elapsed_ms, elapsed);
    l = (struct line){ .elapsed = elapsed, .most = ANY_WIDTH };
    if (ev == APPLY_FAILED) {
        l.word = "failed";
        l.color = COLOR_RED;
    } else if (ev == APPLY_STOPPED) {
        l.word = "stopped";
        l.color = COLOR_YELLOW;
    } else if (ev == APPLY_SKIPPED) {
        l.word = "skipped";
        l.elapsed = "";
        l.color = COLOR_DIM;
    } else {
        l.word = action_done(s->action);
        l.color = COLOR_GREEN;
    }
    if (ev != APPLY_DONE || !g->quiet)
        print_row(g, s, &l);
}

void progress_event(void *arg, const struct step *s, enum apply_event ev, int64_t elapsed_ms)
{
    struct progress *g = arg;
    int64_t now = clock_mono_ms();

    if (s->action == KEEP)
        return;
    (void)pthread_mutex_lock(&g->lock);
    erase(g);
    if (ev != APPLY_START)
        finished(g, s, ev, elapsed_ms);
    else if (g->n_running < RUNNING_MAX)
        g->running[g->n_running++] =
            (struct running){ .step = s, .since_ms = now, .reminded_ms = now };
    if (g->live)
        draw(g);
    (void)pthread_mutex_unlock(&g->lock);
}

void progress_waits(void *arg, const struct row *r, const char *what, const char *why,
                    int64_t until_ms)
{
    struct progress *g = arg;
    int64_t now = clock_mono_ms();

    (void)pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < g->n_running; i++) {
        struct running *one = &g->running[i];
        if (one->step->row != r || one->waits)
            continue;
        one->waits = what;
        one->why = why;
        one->until_ms = until_ms;
        one->reminded_ms = now;
        if (!g->live && !g->quiet)
            print_running(g, one, now, ANY_WIDTH);
    }
    (void)pthread_mutex_unlock(&g->lock);
}

static void pace_before(void *arg)
{
    struct progress *g = arg;

    (void)pthread_mutex_lock(&g->lock);
    erase(g);
}

static void pace_after(void *arg)
{
    struct progress *g = arg;

    if (g->live)
        draw(g);
    (void)pthread_mutex_unlock(&g->lock);
}

void progress_pace(struct progress *g, struct pace *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->before = g ? pace_before : NULL;
    p->after = g ? pace_after : NULL;
    p->arg = g;
    (void)pthread_mutex_unlock(&p->lock);
}
