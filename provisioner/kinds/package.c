/*
 * package.c: adds settings.json to the embedded zip with the bootstrap. The bootstrap was
 * compressed when fifoq was built and is copied unchanged, and the settings are stored. So the
 * bytes do not depend on this machine's deflater.
 */
#include "kinds/package.h"

#include "embed/embed.h"
#include "encode.h"
#include "json.h"
#include "mem.h"
#include "version.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { DOS_DATE_1980_01_01 = 0x21 }; /* the earliest date: day 1, month 1, year 0 */
#define UNIX_READABLE (0100644u << 16)

static int zip_trouble(zip_error_t *z, const char *what, struct err *e)
{
    err_set(e, ERR_IO, "package: %s: %s", what, zip_error_strerror(z));
    zip_error_fini(z);
    return -1;
}

static const struct blob *bootstrap_of(const struct config *c, struct err *e)
{
    const char *arch = c->functions.arm64 ? "arm64" : "x86_64";
    const struct blob *b = embed_bootstrap_zip(arch);

    if (!b)
        err_set(e, ERR_IO,
                "package: this build of fifoq has no bootstrap for '%s'; set "
                "functions.architecture to another, or build fifoq with it",
                arch);
    return b;
}

/* Adds settings.json. After a failure z owns nothing of it. */
static int add_settings(zip_t *z, const char *text, size_t len, struct err *e)
{
    zip_source_t *s = zip_source_buffer(z, text, len, 0);
    zip_int64_t added = s ? zip_file_add(z, "settings.json", s, 0) : -1;

    if (s && added < 0)
        zip_source_free(s);
    if (added < 0 || zip_set_file_compression(z, (zip_uint64_t)added, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(z, (zip_uint64_t)added, 0, DOS_DATE_1980_01_01, 0) != 0 ||
        zip_file_set_external_attributes(z, (zip_uint64_t)added, 0, ZIP_OPSYS_UNIX,
                                         UNIX_READABLE) != 0)
        return err_set(e, ERR_IO, "package: settings.json: %s", zip_strerror(z));
    return 0;
}

/* Copies the finished zip out of the source. */
static int take(zip_source_t *s, struct package *out, struct err *e)
{
    zip_stat_t st;
    zip_int64_t got = 0;

    zip_stat_init(&st);

    if (zip_source_stat(s, &st) != 0 || zip_source_open(s) != 0)
        return err_set(e, ERR_IO, "package: %s", zip_error_strerror(zip_source_error(s)));
    out->zip = xmalloc(st.size);
    out->len = st.size;
    got = zip_source_read(s, out->zip, out->len);
    (void)zip_source_close(s);
    if (got < 0 || (size_t)got != out->len)
        return err_set(e, ERR_IO, "package: the zip cannot be read back");
    return 0;
}

/* One at a time: libzip fills static variables at the first call, and another thread that sees half
 * of them takes the archive for read-only (zip_open_from_source, needed_support_write). */
static zip_t *open_source(zip_source_t *s, zip_error_t *trouble)
{
    static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
    zip_t *z;

    (void)pthread_mutex_lock(&first);
    z = zip_open_from_source(s, 0, trouble);
    (void)pthread_mutex_unlock(&first);
    return z;
}

static int write_zip(zip_source_t *s, const char *settings, struct package *out, struct err *e)
{
    zip_error_t trouble;
    zip_t *z = NULL;

    zip_error_init(&trouble);
    zip_source_keep(s); /* one reference for the archive, one for us */
    z = open_source(s, &trouble);

    if (!z) {
        zip_source_free(s);
        return zip_trouble(&trouble, "the embedded bootstrap", e);
    }
    if (add_settings(z, settings, strlen(settings), e) < 0) {
        zip_discard(z);
        return -1;
    }
    if (zip_close(z) != 0) {
        err_set(e, ERR_IO, "package: %s", zip_strerror(z));
        zip_discard(z);
        return -1;
    }
    return take(s, out, e);
}

/* Identifies the build by fifoq's version and the first digits of the embedded zip's digest. */
char *package_code(const char *arch)
{
    const struct blob *digest = embed_bootstrap_sha256(arch);

    return digest ? xasprintf("%s-%.8s", FIFOQ_VERSION, (const char *)digest->data) : NULL;
}

/* Copies the blob because libzip (at least 1.7) frees a borrowed buffer after writing to its
 * source.
 */
static zip_source_t *bootstrap_source(const struct blob *b, zip_error_t *trouble)
{
    void *copy = xmalloc(b->len);
    zip_source_t *s = NULL;

    memcpy(copy, b->data, b->len);
    s = zip_source_buffer_create(copy, b->len, 1, trouble);

    if (!s)
        free(copy);
    return s;
}

int package_make(const struct config *c, struct package *out, struct err *e)
{
    const struct blob *bootstrap = bootstrap_of(c, e);
    zip_error_t trouble;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct package made = { 0 };
    int result = 0;
    zip_source_t *s = NULL;
    auto_free char *text = NULL;

    if (!bootstrap)
        return -1;

    text = json_text(c->settings);
    zip_error_init(&trouble);
    s = bootstrap_source(bootstrap, &trouble);
    if (!s)
        return zip_trouble(&trouble, "the embedded bootstrap", e);

    result = write_zip(s, text, &made, e);
    zip_source_free(s);
    if (result < 0) {
        package_done(&made);
        return -1;
    }

    SHA256(made.zip, made.len, digest);
    made.code_sha256 = base64_encode(digest, sizeof(digest));
    made.code = package_code(c->functions.arm64 ? "arm64" : "x86_64");
    *out = made;
    return 0;
}

void package_done(struct package *p)
{
    free(p->zip);
    free(p->code_sha256);
    free(p->code);
    *p = (struct package){ 0 };
}
