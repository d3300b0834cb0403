/*
 * sim.h: the process in which the bootstrap runs: its threads take turns (one runs until it waits
 * for something; who goes on is the dice's choice), its clock is the world's, what it sends over
 * HTTP goes to the world, and its random bytes are the dice's. So a run is the same for the same
 * seed, and no time passes while it sleeps.
 *
 * The seams are those of the linker (--wrap): pthread_create, _join, mutex and condition calls,
 * http_new, http_free, http_send, random_bytes; and clock_use.
 */
#ifndef SOAK_SIM_H
#define SOAK_SIM_H

#include <stdint.h>

/* From here on the calling process is simulated; fd leads to the world. */
void sim_begin(int fd, uint64_t seed, int64_t now_ms);

#endif
