/* uuid.h: random identifiers. */
#ifndef FIFOQ_UUID_H
#define FIFOQ_UUID_H

enum { UUID_TEXT = 37 }; /* bytes, with the NUL */

/* A random UUID in lower case: RFC 9562 section 5.4. */
void uuid_v4(char out[static UUID_TEXT]);

#endif
