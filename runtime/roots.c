/*
 * roots.c: a certificate store that finds its roots by subject, in data that is not parsed until
 * then. Parsing a whole bundle for each new TLS context would cost more than everything else that a
 * cold start does.
 */
#include "roots.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdlib.h>

extern const unsigned char roots_data[]; /* layout: runtime/static/mkroots.c */

struct root {
    const unsigned char *der;
    unsigned der_len;
    unsigned long subject_hash;
};

static pthread_once_t roots_once = PTHREAD_ONCE_INIT;
static X509_LOOKUP_METHOD *roots_method; /* NULL: could not be made */

static pthread_mutex_t parsed_lock = PTHREAD_MUTEX_INITIALIZER;
static X509 *
    *parsed; /* by position; parsed on first use, then kept, so that borrowed pointers stay valid */

static unsigned u16_at(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

unsigned roots_count(void)
{
    return u16_at(roots_data);
}

/* Reads the root at p; returns where the next one is. */
static const unsigned char *root_at(const unsigned char *p, struct root *r)
{
    r->subject_hash = u16_at(p) | (unsigned long)u16_at(p + 2) << 16;
    r->der_len = u16_at(p + 4);
    r->der = p + 6;
    return r->der + r->der_len;
}

static X509 *root_parse(unsigned i, const struct root *r)
{
    const unsigned char *p = r->der;
    X509 *x = NULL;

    (void)pthread_mutex_lock(&parsed_lock);
    if (!parsed[i])
        parsed[i] = d2i_X509(NULL, &p, (long)r->der_len);
    x = parsed[i];
    (void)pthread_mutex_unlock(&parsed_lock);
    return x;
}

/*
 * OpenSSL borrows what *found points to. The one setter that there is takes a reference of its own,
 * which is released here; `parsed` holds the other.
 */
static int found_set(X509_OBJECT *found, X509 *x)
{
    if (!X509_OBJECT_set1_X509(found, x))
        return 0;
    X509_free(x);
    return 1;
}

/*
 * All roots of that name go into the store, where the chain builder looks for more than the first.
 * Names are compared by OpenSSL's own rules, by which two may be equal although their bytes
 * differ.
 */
static int roots_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                            X509_OBJECT *found)
{
    int n_found = 0, hashed = 0;
    unsigned long want = X509_NAME_hash_ex(name, NULL, NULL, &hashed);
    const unsigned char *p = NULL;

    if (type != X509_LU_X509 || !hashed)
        return 0;

    p = roots_data + 2;
    for (unsigned i = 0; i < roots_count(); i++) {
        struct root r;
        X509 *x = NULL;

        p = root_at(p, &r);
        x = r.subject_hash == want ? root_parse(i, &r) : NULL;
        if (!x || X509_NAME_cmp(X509_get_subject_name(x), name) != 0 ||
            !X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), x))
            continue;
        if (n_found > 0 || found_set(found, x))
            n_found++;
    }
    return n_found > 0;
}

static void roots_make(void)
{
    X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("embedded roots");
    parsed = calloc(roots_count(), sizeof(*parsed));
    if (method && parsed && X509_LOOKUP_meth_set_get_by_subject(method, roots_by_subject))
        roots_method = method;
    else
        X509_LOOKUP_meth_free(method);
}

/* A store for each context: in a shared one, a thread could see the first of two roots of one name
 * without the other. */
int roots_install(void *ssl_ctx)
{
    X509_STORE *store = NULL;

    (void)pthread_once(&roots_once, roots_make);
    store = roots_method ? X509_STORE_new() : NULL;
    if (!store || !X509_STORE_add_lookup(store, roots_method)) {
        X509_STORE_free(store);
        return -1;
    }
    SSL_CTX_set_cert_store(ssl_ctx, store); /* takes it over */
    return 0;
}
