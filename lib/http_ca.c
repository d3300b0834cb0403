/* http_ca.c: the trusted certificates that the environment names. */
#include "env.h"
#include "http_parts.h"
#include "mem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

enum { OF_OPENSSL = 2 };

char *http_ca_setting(const char **variable)
{
    static const char *const variables[] = { "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
                                             "SSL_CERT_FILE" };

    for (size_t i = 0; i < COUNTOF(variables); i++) {
        const char *value = env_get(variables[i]);
        auto_free char *path = value ? path_at_home(value) : NULL;
        struct err unused;

        if (!path || (i == OF_OPENSSL && http_ca_check(path, NULL, &unused) < 0))
            continue;
        *variable = variables[i];
        return steal(path);
    }
    *variable = NULL;
    return NULL;
}

/* Any certificate at all; TLS reports other problems. */
static bool holds_certificate(FILE *f)
{
    X509 *one = PEM_read_X509(f, NULL, NULL, NULL);

    ERR_clear_error();
    X509_free(one);
    return one != NULL;
}

int http_ca_check(const char *file, const char *from, struct err *e)
{
    const char *name = from ? from : "trusted certificates", *why;
    FILE *f = fopen(file, "re");
    bool good;

    if (!f)
        return err_set(e, ERR_USAGE, "%s: cannot read '%s': %s", name, file, strerror(errno));
    errno = 0;
    good = holds_certificate(f);
    why = errno == EISDIR ? "it is a folder" : "no certificate found in it";
    (void)fclose(f);
    if (good)
        return 0;
    return err_set(e, ERR_USAGE, "%s: cannot use '%s': %s; expected a PEM file of CA certificates",
                   name, file, why);
}

struct http_system_ca http_ca_of_system(void)
{
    const curl_version_info_data *built = curl_version_info(CURLVERSION_NOW);
    struct err unused;

    if (!built->cainfo || http_ca_check(built->cainfo, NULL, &unused) < 0)
        return (struct http_system_ca){ 0 };
    return (struct http_system_ca){ .file = built->cainfo, .folder = built->capath };
}

int http_ca_add_folder(void *ssl_ctx, const char *folder)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl_ctx);
    X509_LOOKUP *by_hash;

    if (!folder)
        return 0;
    by_hash = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    return by_hash && X509_LOOKUP_add_dir(by_hash, folder, X509_FILETYPE_PEM) == 1 ? 0 : -1;
}
