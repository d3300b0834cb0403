/* quick_hash.c: PBKDF2 with a thousandth of its rounds, linked instead of the real one (--wrap). A
 * scene hashes its secrets dozens of times, and OpenSSL allocates in each round, so with
 * AddressSanitizer these hashes took most of a test's time. test_secret.c hashes with all rounds.
 */
#include "scene.h"

#include <openssl/evp.h>

atomic_int quick_hashes;

int __real_PKCS5_PBKDF2_HMAC(const char *pass, int n_pass, const unsigned char *salt, int n_salt,
                             int rounds, const EVP_MD *digest, int n_out, unsigned char *out);
int __wrap_PKCS5_PBKDF2_HMAC(const char *pass, int n_pass, const unsigned char *salt, int n_salt,
                             int rounds, const EVP_MD *digest, int n_out, unsigned char *out);

// NOLINTNEXTLINE(readability-function-size): OpenSSL's signature
int __wrap_PKCS5_PBKDF2_HMAC(const char *pass, int n_pass, const unsigned char *salt, int n_salt,
                             int rounds, const EVP_MD *digest, int n_out, unsigned char *out)
{
    atomic_fetch_add(&quick_hashes, 1);
    return __real_PKCS5_PBKDF2_HMAC(pass, n_pass, salt, n_salt, rounds / 1000, digest, n_out, out);
}
