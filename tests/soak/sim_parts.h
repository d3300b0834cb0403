/* sim_parts.h: shared by the files of the simulated process. */
#ifndef SOAK_SIM_PARTS_H
#define SOAK_SIM_PARTS_H

#include "dice.h"
#include "http.h"
#include "sim.h"
#include "wire.h"

#include <pthread.h>
#include <semaphore.h>

struct sim_answer {
    enum err_code code; /* ERR_OK: an answer arrived */
    bool unreachable;
    char *bytes; /* all of the answer's bytes */
    size_t len;
};

/* sim.c */
bool sim_on(void);
struct dice *sim_dice(void);
/* A new request: its number, and where to write its frame; then sim_request_send. */
int64_t sim_request(struct buf **out);
void sim_request_send(void);
/* Until the world has answered. */
void sim_wait_for_world(int64_t request, struct sim_answer *answer);

/* sim_http.c */
void sim_answer_take(struct wire_in *in, struct sim_answer *a);

int __real_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __real_pthread_join(pthread_t id, void **result);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __real_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __real_pthread_cond_broadcast(pthread_cond_t *condition);
int __real_pthread_cond_signal(pthread_cond_t *condition);
int __real_http_new(struct http **out, const struct http_options *o, struct err *e);
void __real_http_free(struct http *h);
int __real_http_renew(struct http *h, struct err *e);
int __real_http_send(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e);
int __real_sem_wait(sem_t *sem);
int __real_sem_post(sem_t *sem);
void __real_http_send_off(struct http *h, const struct http_request *q);
void __real_random_bytes(void *out, size_t n);

int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_join(pthread_t id, void **result);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __wrap_pthread_cond_broadcast(pthread_cond_t *condition);
int __wrap_pthread_cond_signal(pthread_cond_t *condition);
int __wrap_http_new(struct http **out, const struct http_options *o, struct err *e);
void __wrap_http_free(struct http *h);
int __wrap_http_renew(struct http *h, struct err *e);
int __wrap_http_send(struct http *h, const struct http_request *q, struct http_response *r,
                     struct err *e);
int __wrap_sem_wait(sem_t *sem);
int __wrap_sem_post(sem_t *sem);
void __wrap_http_send_off(struct http *h, const struct http_request *q);
void __wrap_random_bytes(void *out, size_t n);

#endif
