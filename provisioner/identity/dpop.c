/* dpop.c: a JSON Web Token of type dpop+jwt, signed by ES256.
 * https://www.rfc-editor.org/rfc/rfc9449#section-4.2 */
#include "identity/dpop.h"

#include "encode.h"
#include "json.h"
#include "mem.h"
#include "random.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

enum { COORDINATE = 32, POINT = 1 + 2 * COORDINATE, DER_MAX = 80 };

/* RFC 7515 section 2: base64url without padding, for the caller to free. */
static char *base64url(const void *data, size_t n)
{
    char *text = base64_encode(data, n);

    for (char *c = text; *c; c++)
        *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
    text[strcspn(text, "=")] = '\0';
    return text;
}

static char *json_part(json_t *value)
{
    auto_free char *text = json_text(value);

    json_decref(value);
    return base64url(text, strlen(text));
}

static json_t *public_key(const EVP_PKEY *key)
{
    unsigned char point[POINT];
    size_t n = 0;
    auto_free char *x = NULL;
    auto_free char *y = NULL;

    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &n) !=
            1 ||
        n != POINT)
        return NULL;
    x = base64url(point + 1, COORDINATE);
    y = base64url(point + 1 + COORDINATE, COORDINATE);

    return json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "x", x, "y", y, "crv", "P-256");
}

static char *unsigned_token(json_t *jwk, const char *url, int64_t wall_ms)
{
    unsigned char random[16];
    char id[2 * sizeof(random) + 1];
    auto_free char *head = NULL, *claims = NULL;

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), id);
    head = json_part(json_pack("{s:s, s:s, s:o}", "typ", "dpop+jwt", "alg", "ES256", "jwk", jwk));
    claims = json_part(json_pack("{s:s, s:s, s:I, s:s}", "htm", "POST", "htu", url, "iat",
                                 (json_int_t)(wall_ms / 1000), "jti", id));
    return xasprintf("%s.%s", head, claims);
}

/* Writes the signature's two numbers side by side: the format of JWS (RFC 7518 section 3.4). */
static bool sign(EVP_PKEY *key, const char *text, unsigned char out[2 * COORDINATE])
{
    unsigned char der[DER_MAX];
    const unsigned char *at = der;
    size_t n = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ECDSA_SIG *pair = NULL;
    bool done = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, der, &n, (const unsigned char *)text, strlen(text)) == 1;

    if (done)
        pair = d2i_ECDSA_SIG(NULL, &at, (long)n);
    done = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, COORDINATE) == COORDINATE &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + COORDINATE, COORDINATE) == COORDINATE;
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(ctx);
    return done;
}

/* A key with a passphrase is refused without a prompt. */
static int no_passphrase(char *buffer, int size, int writing, void *unused)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

int dpop_proof(const char *pem, const char *url, int64_t wall_ms, char **proof, struct err *e)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    auto_free char *last = NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    json_t *jwk = key ? public_key(key) : NULL;
    auto_free char *text = jwk ? unsigned_token(jwk, url, wall_ms) : NULL;
    unsigned char signature[2 * COORDINATE];
    bool done = text && sign(key, text, signature);

    EVP_PKEY_free(key);
    BIO_free(bio);
    if (!done)
        return err_set(e, ERR_CREDENTIALS, "the key in the cached session is unusable");
    last = base64url(signature, sizeof(signature));

    *proof = xasprintf("%s.%s", text, last);
    return 0;
}
