/*
 * ca.c: the certificates of a destination's own authority, checked before a connection is tried,
 * so that the log says what is wrong with them.
 */
#include "auth_kinds.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define MAX_PEM ((size_t)64 << 10)

/* The number of certificates; -1: one of them cannot be read. */
static int count_certificates(const char *pem, size_t n)
{
    BIO *in = BIO_new_mem_buf(pem, (int)n);
    int count = 0;
    X509 *x;

    for (; (x = PEM_read_bio_X509(in, NULL, NULL, NULL)); count++)
        X509_free(x);
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        count = -1;
    ERR_clear_error();
    BIO_free(in);
    return count;
}

int ca_bundle(const struct template *ca, const json_t *values, char **out, struct err *e)
{
    auto_buf pem = BUF(MAX_PEM);

    if (template_render_text(ca, values, TEMPLATE_PLAIN, &pem, e) < 0) {
        e->code = ERR_CREDENTIALS;
        return err_wrap(e, "ca");
    }
    if (buf_failed(&pem) || count_certificates(buf_str(&pem), pem.len) < 1)
        return err_set(e, ERR_CREDENTIALS, "ca: expected one or more PEM certificates");
    *out = buf_steal(&pem);
    return 0;
}
