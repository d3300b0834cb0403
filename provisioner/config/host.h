/* host.h: names of hosts in other scripts. */
#ifndef FIFOQ_HOST_H
#define FIFOQ_HOST_H

/*
 * "müller.example:8080" as "xn--mller-kva.example:8080": labels beyond ASCII in lower case and
 * Punycode (RFC 3492, RFC 5891), all else as it is. The caller's; NULL: a label cannot be written
 * so.
 */
char *host_to_ascii(const char *host);

#endif
