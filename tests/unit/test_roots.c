/* test_roots.c: the embedded CA certificates, as OpenSSL sees them through roots.c. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>

#include "roots.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

extern const unsigned char roots_data[];

/* The i-th root, read from the data without roots.c. The caller frees it. */
static X509 *root(unsigned i)
{
    const unsigned char *p = roots_data + 2;
    while (i-- > 0)
        p += 6 + (p[4] | p[5] << 8);
    long len = p[4] | p[5] << 8;
    p += 6;
    X509 *x = d2i_X509(NULL, &p, len);
    assert_non_null(x);
    return x;
}

/* OpenSSL's verdict on x with the roots of that store: X509_V_OK or the reason. */
static int verdict(X509_STORE *store, X509 *x)
{
    X509_STORE_CTX *v = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(v, store, x, NULL), 1);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(v), X509_V_FLAG_NO_CHECK_TIME);
    int ok = X509_verify_cert(v);
    int why = X509_STORE_CTX_get_error(v);
    X509_STORE_CTX_free(v);
    return ok == 1 ? X509_V_OK : why;
}

static int verify(SSL_CTX *ctx, X509 *x)
{
    return verdict(SSL_CTX_get_cert_store(ctx), x);
}

static SSL_CTX *new_ctx(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    assert_int_equal(roots_install(ctx), 0);
    return ctx;
}

/* A certificate of a key made here, with the given names. The caller frees it. */
static X509 *forge(const X509_NAME *subject, const X509_NAME *issuer)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, issuer);
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    EVP_PKEY_free(key);
    return x;
}

/* The other way to the same result: everything parsed beforehand. */
static X509_STORE *plain_store(void)
{
    X509_STORE *store = X509_STORE_new();
    for (unsigned i = 0; i < roots_count(); i++) {
        X509 *x = root(i);
        assert_int_equal(X509_STORE_add_cert(store, x), 1);
        X509_free(x);
    }
    return store;
}

/* Not "all are trusted": OpenSSL 3.0 refuses one of two roots that share a name and a key. */
static void roots_are_trusted_as_in_a_plain_store(void **state)
{
    (void)state;
    SSL_CTX *ctx = new_ctx();
    X509_STORE *plain = plain_store();
    unsigned trusted = 0;
    for (unsigned i = 0; i < roots_count(); i++) {
        X509 *x = root(i);
        int have = verify(ctx, x);
        assert_int_equal(have, verdict(plain, x));
        trusted += have == X509_V_OK;
        X509_free(x);
    }
    assert_true(trusted > roots_count() * 9 / 10);
    X509_STORE_free(plain);
    SSL_CTX_free(ctx);
}

static void a_stranger_is_not_trusted(void **state)
{
    (void)state;
    SSL_CTX *ctx = new_ctx();
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"stranger", -1, -1,
                               0);
    X509 *x = forge(name, name);
    assert_int_equal(verify(ctx, x), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    X509_free(x);
    X509_NAME_free(name);
    SSL_CTX_free(ctx);
}

static void a_root_s_name_with_another_key_is_not_trusted(void **state)
{
    (void)state;
    SSL_CTX *ctx = new_ctx();
    X509 *real = root(0);
    const X509_NAME *name = X509_get_subject_name(real);
    X509 *twin = forge(name, name);
    assert_int_not_equal(verify(ctx, twin), X509_V_OK);
    X509_free(twin);
    X509_free(real);
    SSL_CTX_free(ctx);
}

static void a_forged_signature_of_a_root_is_refused(void **state)
{
    (void)state;
    SSL_CTX *ctx = new_ctx();
    X509 *real = root(0);
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"leaf", -1, -1, 0);
    X509 *leaf = forge(name, X509_get_subject_name(real));
    assert_int_not_equal(verify(ctx, leaf), X509_V_OK);
    X509_free(leaf);
    X509_NAME_free(name);
    X509_free(real);
    SSL_CTX_free(ctx);
}

/* How many roots are trusted, in their own context. */
static void *count_trusted(void *count)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (roots_install(ctx) == 0)
        for (unsigned i = 0; i < roots_count(); i++) {
            X509 *x = root(i);
            *(unsigned *)count += verify(ctx, x) == X509_V_OK;
            X509_free(x);
        }
    SSL_CTX_free(ctx);
    return NULL;
}

static void threads_may_look_up_side_by_side(void **state)
{
    (void)state;
    pthread_t threads[4];
    unsigned trusted[4] = { 0 }, alone = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_trusted, &trusted[i]), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    count_trusted(&alone);
    for (int i = 0; i < 4; i++)
        assert_int_equal(trusted[i], alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_may_look_up_side_by_side), /* first, while nothing is parsed yet */
        cmocka_unit_test(roots_are_trusted_as_in_a_plain_store),
        cmocka_unit_test(a_stranger_is_not_trusted),
        cmocka_unit_test(a_root_s_name_with_another_key_is_not_trusted),
        cmocka_unit_test(a_forged_signature_of_a_root_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
