/* sim.c: threads that run one at a time, and the clock. The requests are in sim_http.c. */
#include "sim_parts.h"

#include "clock.h"
#include "mem.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum state { READY, ASLEEP, ON_MUTEX, ON_CONDITION, ON_JOIN, ON_WORLD, OVER };

enum { LOCKED_MAX = 64, YIELD_PER_THOUSAND = 250 };

struct thread {
    pthread_t id;
    sem_t turn;
    enum state state;
    const void *on; /* the mutex, condition or thread that it waits for */
    int64_t wake_ms;
    int64_t request;
    struct sim_answer *answer;
    void *(*run)(void *);
    void *arg, *result;
    struct thread *next;
};

static struct {
    bool on;
    int fd;
    struct dice dice;
    int64_t now_ms, requests;
    struct thread *threads, *running;
    const void *locked[LOCKED_MAX];
    struct buf out;
} sim;

bool sim_on(void)
{
    return sim.on;
}

struct dice *sim_dice(void)
{
    return &sim.dice;
}

/* The world */

static int64_t next_wake_ms(bool *anyone)
{
    int64_t wake_ms = INT64_MAX;

    *anyone = false;
    for (const struct thread *t = sim.threads; t; t = t->next) {
        if (t->state == ASLEEP && t->wake_ms < wake_ms)
            wake_ms = t->wake_ms;
        *anyone = *anyone || t->state == ASLEEP || t->state == ON_WORLD;
    }
    return wake_ms;
}

static void wake(struct thread *t)
{
    t->state = READY;
    t->on = NULL;
}

static void take_go(struct wire_in *in)
{
    int64_t request;

    sim.now_ms = wire_int(in);
    request = wire_int(in);
    for (struct thread *t = sim.threads; t; t = t->next) {
        if (t->state == ASLEEP && t->wake_ms <= sim.now_ms)
            wake(t);
        if (t->state == ON_WORLD && t->request == request) {
            sim_answer_take(in, t->answer);
            wake(t);
        }
    }
}

/* As if the signal had arrived now; on this thread, so that the order is deterministic. */
static void terminate(void)
{
    struct sigaction act;

    if (sigaction(SIGTERM, NULL, &act) == 0 && act.sa_handler != SIG_DFL &&
        act.sa_handler != SIG_IGN)
        act.sa_handler(SIGTERM);
}

/* No thread can run: the world must let time pass, or answer. */
static void ask_world(void)
{
    auto_wire in = { 0 };
    bool anyone;
    int64_t wake_ms = next_wake_ms(&anyone);

    wire_put_int(&sim.out, anyone ? SAID_IDLE : SAID_STUCK);
    wire_put_int(&sim.out, wake_ms);
    if (!wire_send(sim.fd, &sim.out) || !wire_receive(sim.fd, &in))
        _exit(0); /* the world has ended */
    if (wire_int(&in) == TOLD_TERMINATE)
        terminate();
    else
        take_go(&in);
}

/* Turns */

static struct thread *choose(void)
{
    struct thread *chosen = NULL;
    int64_t n = 0;

    for (struct thread *t = sim.threads; t; t = t->next)
        if (t->state == READY && dice_roll(&sim.dice, ++n) == 0)
            chosen = t;
    return chosen;
}

static void switch_turns(void)
{
    struct thread *self = sim.running, *next;

    while (!(next = choose()))
        ask_world();
    if (next == self)
        return;
    sim.running = next;
    (void)__real_sem_post(&next->turn);
    if (self->state == OVER)
        return;
    while (__real_sem_wait(&self->turn) != 0)
        continue;
}

static void wait_on(enum state state, const void *on)
{
    sim.running->state = state;
    sim.running->on = on;
    switch_turns();
}

static void wake_all(enum state state, const void *on)
{
    for (struct thread *t = sim.threads; t; t = t->next)
        if (t->state == state && t->on == on)
            wake(t);
}

void sim_wait_for_world(int64_t request, struct sim_answer *answer)
{
    sim.running->request = request;
    sim.running->answer = answer;
    wait_on(ON_WORLD, NULL);
}

int64_t sim_request(struct buf **out)
{
    *out = &sim.out;
    return ++sim.requests;
}

void sim_request_send(void)
{
    if (!wire_send(sim.fd, &sim.out))
        _exit(0);
}

/* The clock */

static int64_t sim_wall_ms(void)
{
    return sim.now_ms;
}

static int64_t sim_mono_ms(void)
{
    return sim.now_ms - INT64_C(1700000000000);
}

static void sim_sleep_ms(int64_t ms)
{
    if (ms <= 0)
        return;
    sim.running->wake_ms = sim.now_ms + ms;
    wait_on(ASLEEP, NULL);
}

static struct thread *thread_add(void)
{
    struct thread *t = xcalloc(1, sizeof(*t));

    (void)sem_init(&t->turn, 0, 0);
    t->next = sim.threads;
    sim.threads = t;
    return t;
}

void sim_begin(int fd, uint64_t seed, int64_t now_ms)
{
    static const struct clock clock = { sim_wall_ms, sim_mono_ms, sim_sleep_ms };

    sim.fd = fd;
    sim.out = BUF(2 * WIRE_MAX);
    sim.now_ms = now_ms;
    dice_init(&sim.dice, seed);
    sim.running = thread_add();
    sim.running->id = pthread_self();
    sim.on = true;
    clock_use(&clock);
}

/* Threads, mutexes, conditions: the linker replaces the real ones by these. */

static void *thread_main(void *arg)
{
    struct thread *self = arg;

    while (__real_sem_wait(&self->turn) != 0)
        continue;
    self->result = self->run(self->arg);
    wake_all(ON_JOIN, self);
    self->state = OVER;
    switch_turns();
    return NULL;
}

int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg)
{
    struct thread *t;

    if (!sim.on)
        return __real_pthread_create(id, attr, run, arg);
    t = thread_add();
    t->run = run;
    t->arg = arg;
    if (__real_pthread_create(&t->id, attr, thread_main, t) != 0)
        abort();
    *id = t->id;
    return 0;
}

static void thread_remove(struct thread *t)
{
    struct thread **at = &sim.threads;

    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    (void)sem_destroy(&t->turn);
    free(t);
}

int __wrap_pthread_join(pthread_t id, void **result)
{
    struct thread *t = sim.threads;

    if (!sim.on)
        return __real_pthread_join(id, result);
    while (t && !pthread_equal(t->id, id))
        t = t->next;
    if (!t)
        abort();
    while (t->state != OVER)
        wait_on(ON_JOIN, t);
    (void)__real_pthread_join(id, NULL);
    if (result)
        *result = t->result;
    thread_remove(t);
    return 0;
}

static const void **lock_slot(const void *mutex)
{
    for (size_t i = 0; i < LOCKED_MAX; i++)
        if (sim.locked[i] == mutex)
            return &sim.locked[i];
    return NULL;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    const void **free_slot;

    if (!sim.on)
        return __real_pthread_mutex_lock(mutex);
    while (lock_slot(mutex))
        wait_on(ON_MUTEX, mutex);
    free_slot = lock_slot(NULL);
    if (!free_slot)
        abort();
    *free_slot = mutex;
    return 0;
}

static void unlock(const void *mutex)
{
    const void **slot = lock_slot(mutex);

    if (!slot)
        abort(); /* not held */
    *slot = NULL;
    wake_all(ON_MUTEX, mutex);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (!sim.on)
        return __real_pthread_mutex_unlock(mutex);
    unlock(mutex);
    if (dice_chance(&sim.dice, YIELD_PER_THOUSAND))
        switch_turns();
    return 0;
}

int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    if (!sim.on)
        return __real_pthread_cond_wait(condition, mutex);
    unlock(mutex);
    wait_on(ON_CONDITION, condition);
    return __wrap_pthread_mutex_lock(mutex);
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *condition)
{
    if (!sim.on)
        return __real_pthread_cond_broadcast(condition);
    wake_all(ON_CONDITION, condition);
    return 0;
}

/* More may wake up than necessary: they check again, as they must. */
int __wrap_pthread_cond_signal(pthread_cond_t *condition)
{
    if (!sim.on)
        return __real_pthread_cond_signal(condition);
    wake_all(ON_CONDITION, condition);
    return 0;
}

int __wrap_sem_wait(sem_t *sem)
{
    if (!sim.on)
        return __real_sem_wait(sem);
    while (sem_trywait(sem) != 0)
        wait_on(ON_CONDITION, sem);
    return 0;
}

/* Also from what would be a signal handler. */
int __wrap_sem_post(sem_t *sem)
{
    int rc = __real_sem_post(sem);

    if (sim.on)
        wake_all(ON_CONDITION, sem);
    return rc;
}
