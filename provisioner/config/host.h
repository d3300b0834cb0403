/* host.h: host names in other scripts. */
#ifndef FIFOQ_HOST_H
#define FIFOQ_HOST_H

/*
 * "müller.example:8080" as "xn--mller-kva.example:8080": non-ASCII labels in lower case and
 * Punycode (RFC 3492, RFC 5891), all else unchanged. The caller's; NULL: a label cannot be encoded.
 */
char *host_to_ascii(const char *host);

#endif
