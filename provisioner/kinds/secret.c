/* secret.c: the values of parameters, read only in order to be written, and recognised by a salted
 * hash. */
#include "kinds/secret.h"

#include "encode.h"
#include "env.h"
#include "mem.h"
#include "random.h"
#include "text.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 100000,
    SALT_BYTES = 16,
    HASH_BYTES = 32,
    MAX_BYTES = 4096, /* the limit of a Standard parameter */
};
#define MARK_PREFIX "1:" /* the version of the parameters above */

static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;

static int from_file(const char *path, char **value, struct err *e)
{
    FILE *f = fopen(path, "re");
    size_t n;

    if (!f)
        return errno == ENOENT ? 0
                               : err_set(e, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    setbuf(f, NULL); /* stdio keeps no copy of the value */
    *value = xcalloc(1, MAX_BYTES + 4);
    n = fread(*value, 1, MAX_BYTES + 3, f);
    if (ferror(f)) {
        (void)fclose(f);
        return err_set(e, ERR_IO, "cannot read '%s': %s", path, strerror(EIO));
    }
    (void)fclose(f);
    if (strlen(*value) != n)
        return err_set(e, ERR_CONFIG, "'%s' contains a NUL byte, which a parameter cannot store",
                       path);
    return 0;
}

char *secret_file(const struct config_parameter *p, const char *folder)
{
    char *path = path_at_home(p->source);

    if (path[0] == '/' || !folder || !*folder)
        return path;
    free(path);
    return xasprintf("%s/%s", folder, p->source);
}

static int check_value(const char *name, const char *value, struct err *e)
{
    json_t *text;

    if (strlen(value) > MAX_BYTES)
        return err_set(e, ERR_CONFIG, "the value of parameter '%s' is longer than %d bytes", name,
                       MAX_BYTES);
    text = json_string(value);
    json_decref(text);
    return text ? 0 : err_set(e, ERR_CONFIG, "the value of parameter '%s' is not UTF-8", name);
}

static int fetch(const struct config_parameter *p, const char *folder,
                 char *(*ask)(const char *name), char **value, char **missing, struct err *e)
{
    auto_free char *path = NULL;
    const char *text;

    switch (p->from) {
    case FROM_ENV:
        text = getenv(p->source);
        *value = text ? xstrdup(text) : NULL;
        *missing = xasprintf("set the environment variable '%s'", p->source);
        return 0;
    case FROM_FILE:
        path = secret_file(p, folder);
        *missing = xasprintf("write it to the file '%s'", path);
        return from_file(path, value, e);
    case FROM_PROMPT:
        (void)pthread_mutex_lock(&asking);
        *value = ask ? ask(p->name) : NULL;
        (void)pthread_mutex_unlock(&asking);
        *missing = xstrdup("run 'fifoq up' on a terminal to enter it");
        return 0;
    case FROM_EXISTING: break;
    }
    *missing = xstrdup("create it");
    return 0;
}

int secret_get(const struct config_parameter *p, const char *folder, char *(*ask)(const char *name),
               char **value, char **missing, struct err *e)
{
    auto_secret char *got = NULL;
    auto_free char *how = NULL;

    if (fetch(p, folder, ask, &got, &how, e) < 0)
        return -1;
    if (got)
        str_chomp(got); /* editors, shells and CI systems append a line break */
    if (got && check_value(p->name, got, e) < 0)
        return -1;
    *value = NULL;
    *missing = NULL;
    if (got && *got)
        *value = steal(got);
    else
        *missing = steal(how);
    return 0;
}

static void hash(const char *value, const char *salt_hex, char out[static 2 * HASH_BYTES + 1])
{
    unsigned char bytes[HASH_BYTES];

    (void)PKCS5_PBKDF2_HMAC(value, (int)strlen(value), (const unsigned char *)salt_hex,
                            (int)strlen(salt_hex), ROUNDS, EVP_sha256(), HASH_BYTES, bytes);
    hex_encode(bytes, HASH_BYTES, out);
}

char *secret_mark(const char *value)
{
    unsigned char salt[SALT_BYTES];
    char salt_hex[2 * SALT_BYTES + 1], hash_hex[2 * HASH_BYTES + 1];

    random_bytes(salt, sizeof(salt));
    hex_encode(salt, sizeof(salt), salt_hex);
    hash(value, salt_hex, hash_hex);
    return xasprintf(MARK_PREFIX "%s:%s", salt_hex, hash_hex);
}

/* What was found out in this run, so that the plan under the lock need not hash again. The key is a
 * hash of value and mark. */
static struct finding {
    struct finding *next;
    unsigned char key[SHA256_DIGEST_LENGTH];
    bool fits;
} * findings;
static pthread_mutex_t finding_lock = PTHREAD_MUTEX_INITIALIZER;

static void finding_key(const char *value, const char *mark, unsigned char *key)
{
    auto_secret char *text = xasprintf("%s\n%s", mark, value);

    SHA256((const unsigned char *)text, strlen(text), key);
}

static const struct finding *finding_of(const unsigned char *key)
{
    const struct finding *f;

    (void)pthread_mutex_lock(&finding_lock);
    for (f = findings; f && memcmp(f->key, key, SHA256_DIGEST_LENGTH) != 0; f = f->next)
        continue;
    (void)pthread_mutex_unlock(&finding_lock);
    return f;
}

static void finding_keep(const unsigned char *key, bool fits)
{
    struct finding *f = xcalloc(1, sizeof(*f));

    memcpy(f->key, key, SHA256_DIGEST_LENGTH);
    f->fits = fits;
    (void)pthread_mutex_lock(&finding_lock);
    f->next = findings;
    findings = f;
    (void)pthread_mutex_unlock(&finding_lock);
}

static bool value_fits(const char *value, const char *mark)
{
    const char *salt = mark + strlen(MARK_PREFIX), *colon;
    char hash_hex[2 * HASH_BYTES + 1];
    auto_free char *salt_hex = NULL;

    if (!str_starts(mark, MARK_PREFIX) || !(colon = strchr(salt, ':')) ||
        strlen(colon + 1) != 2 * HASH_BYTES)
        return false;
    salt_hex = xstrndup(salt, (size_t)(colon - salt));
    hash(value, salt_hex, hash_hex);
    return CRYPTO_memcmp(hash_hex, colon + 1, 2 * HASH_BYTES) == 0;
}

bool secret_fits(const char *value, const char *mark)
{
    unsigned char key[SHA256_DIGEST_LENGTH];
    const struct finding *known;
    bool fits;

    finding_key(value, mark, key);
    known = finding_of(key);
    if (known)
        return known->fits;
    fits = value_fits(value, mark);
    finding_keep(key, fits);
    return fits;
}
