/*
 * auth_mtls.c: a client certificate and its key, both PEM, checked before a connection is tried,
 * so that the log says what is wrong with them.
 */
#include "auth_kinds.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define MAX_PEM ((size_t)64 << 10)

/* Nobody can be asked for a passphrase. */
static int no_passphrase(char *out, int size, int writing, void *unused)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)unused;
    return 0;
}

static X509 *read_certificate(const struct buf *pem)
{
    BIO *in = BIO_new_mem_buf(buf_str(pem), (int)pem->len);
    X509 *x = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);

    BIO_free(in);
    return x;
}

static EVP_PKEY *read_key(const struct buf *pem)
{
    BIO *in = BIO_new_mem_buf(buf_str(pem), (int)pem->len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);

    BIO_free(in);
    return key;
}

static int check_pair(const struct buf *certificate, const struct buf *key, struct err *e)
{
    X509 *x = read_certificate(certificate);
    EVP_PKEY *k = read_key(key);
    int rc = 0;

    if (!x)
        rc = err_set(e, ERR_CREDENTIALS, "certificate: expected a PEM certificate");
    else if (!k)
        rc = err_set(e, ERR_CREDENTIALS, "key: expected a PEM private key without a passphrase");
    else if (X509_check_private_key(x, k) != 1)
        rc = err_set(e, ERR_CREDENTIALS, "key: does not match the certificate");
    X509_free(x);
    EVP_PKEY_free(k);
    ERR_clear_error();
    return rc;
}

int client_pair(const struct auth *mtls, const json_t *values, char **certificate, char **key,
                struct err *e)
{
    auto_buf chain = BUF(MAX_PEM), secret = BUF(MAX_PEM);

    if (!mtls->kind)
        return 0;
    if (auth_render(&(struct auth_part){ mtls, MTLS_CERTIFICATE, 0, TEMPLATE_PLAIN }, values,
                    &chain, e) < 0 ||
        auth_render(&(struct auth_part){ mtls, MTLS_KEY, 0, TEMPLATE_PLAIN }, values, &secret, e) <
            0)
        return -1;
    if (buf_failed(&chain) || buf_failed(&secret))
        return err_set(e, ERR_CREDENTIALS, "certificate or key is too long");
    if (check_pair(&chain, &secret, e) < 0)
        return -1;
    *certificate = buf_steal(&chain);
    *key = buf_steal(&secret);
    return 0;
}

int auth_mtls(const struct auth_job *j, struct err *e)
{
    if (client_pair(j->auth, j->values, &j->out->certificate, &j->out->key, e) < 0)
        return -1;
    j->out->http.client_certificate = j->out->certificate;
    j->out->http.client_key = j->out->key;
    return 0;
}
