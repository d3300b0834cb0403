/* wire.h: frames between a simulated process and its world, over a socket pair: numbers and texts,
 * one after the other. */
#ifndef SOAK_WIRE_H
#define SOAK_WIRE_H

#include "buf.h"

#include <stdint.h>

#define WIRE_MAX ((size_t)16 << 20)

/* From the process, first number of a frame. */
enum wire_said { SAID_REQUEST, SAID_IDLE, SAID_STUCK };
/* To the process. */
enum wire_told { TOLD_GO, TOLD_TERMINATE };

void wire_put_int(struct buf *b, int64_t v);
/* NULL stays NULL. */
void wire_put_text(struct buf *b, const char *s, size_t n);
/* False: the other end is gone. Empties b. */
bool wire_send(int fd, struct buf *b);

struct wire_in {
    char *data;
    size_t len, at;
};
void wire_in_done(struct wire_in *in);
#define auto_wire __attribute__((cleanup(wire_in_done))) struct wire_in

/* Waits for a frame; false: the other end is gone. */
CHECKED bool wire_receive(int fd, struct wire_in *in);
int64_t wire_int(struct wire_in *in);
/* Borrowed from the frame, NUL-terminated; n may be NULL. */
const char *wire_text(struct wire_in *in, size_t *n);

#endif
