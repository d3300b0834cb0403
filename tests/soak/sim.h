/*
 * sim.h: the process in which the bootstrap runs. Its threads run one at a time until they wait,
 * and the random numbers choose the next one. Its clock is the world's, its HTTP requests are sent
 * to the world, and its random bytes are from the seed. A run is therefore the same for the same
 * seed, and sleeping takes no time. The linker replaces these functions (--wrap): pthread_create,
 * _join, mutex and condition calls, http_new, http_free, http_send, random_bytes; and clock_use.
 */
#ifndef SOAK_SIM_H
#define SOAK_SIM_H

#include <stdint.h>

/* From here on the calling process is simulated; fd is connected to the world. */
void sim_begin(int fd, uint64_t seed, int64_t now_ms);

#endif
