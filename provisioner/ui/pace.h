/* pace.h: reports on stderr that calls wait because of AWS's rates: an aws.paced callback. */
#ifndef FIFOQ_PACE_H
#define FIFOQ_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACE_MAX = 32 };

/* quiet: says nothing. before and after (NULL: none) are called around each line. */
struct pace {
    pthread_mutex_t lock;
    bool quiet;
    const char *told[PACE_MAX]; /* actions whose rate was reported */
    size_t n;
    int64_t since_ms, told_ms; /* of the first line and the last */
    void (*before)(void *arg), (*after)(void *arg);
    void *arg;
};

void pace_init(struct pace *p, bool quiet);
/* Reports an action once, and every ten seconds that calls still wait. arg is the struct pace;
 * action is static. */
void pace_note(void *arg, const char *service, const char *action, double per_s);

#endif
