/* roots.h: the certificate authorities that the bootstrap trusts, embedded in it. */
#ifndef FIFOQ_ROOTS_H
#define FIFOQ_ROOTS_H

/*
 * An http_tls_hook_fn: makes the embedded roots the certificate store of a new SSL_CTX. A root is
 * parsed only when a chain asks for its subject, so a hundred roots cost what the one in use costs.
 * May be called from any thread. 0, or -1 when OpenSSL could not create the store.
 */
int roots_install(void *ssl_ctx);

/* How many roots there are. */
unsigned roots_count(void);

#endif
