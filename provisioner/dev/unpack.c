/* unpack.c: writes the bootstrap and its settings to files. */
#include "dev/unpack.h"
#include "embed/embed.h"
#include "env.h"
#include "json.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zip.h>

#define BOOTSTRAP_MAX ((size_t)64 << 20)

static int write_file(const char *path, mode_t mode, const void *data, size_t n, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    const char *p = NULL;
    int why = 0;

    if (fd < 0)
        return err_set(e, ERR_IO, "cannot create '%s': %s", path, strerror(errno));
    p = data;
    while (n > 0 && why == 0) {
        ssize_t put = write(fd, p, n);
        if (put > 0) {
            p += put;
            n -= (size_t)put;
        } else if (put < 0 && errno != EINTR) {
            why = errno;
        }
    }
    if (close(fd) != 0 && why == 0)
        why = errno;
    return why == 0 ? 0 : err_set(e, ERR_IO, "cannot write '%s': %s", path, strerror(why));
}

static int read_entry(zip_t *z, void **data, size_t *n, struct err *e)
{
    zip_stat_t st;
    auto_free char *bytes = NULL;
    zip_file_t *f = NULL;
    zip_int64_t got = 0;

    zip_stat_init(&st);
    if (zip_stat(z, "bootstrap", 0, &st) != 0 || !(st.valid & ZIP_STAT_SIZE) ||
        st.size > BOOTSTRAP_MAX)
        return err_set(e, ERR_IO, "the embedded package contains no bootstrap");
    f = zip_fopen(z, "bootstrap", 0);
    if (!f)
        return err_set(e, ERR_IO, "the embedded bootstrap cannot be read: %s", zip_strerror(z));
    bytes = xmalloc((size_t)st.size);
    got = zip_fread(f, bytes, st.size);
    if (zip_fclose(f) != 0 || got != (zip_int64_t)st.size)
        return err_set(e, ERR_IO, "the embedded bootstrap is damaged");
    *data = steal(bytes);
    *n = (size_t)st.size;
    return 0;
}

static int read_embedded(const struct blob *blob, void **data, size_t *n, struct err *e)
{
    zip_error_t why;
    zip_source_t *src = NULL;
    zip_t *z = NULL;
    int rc = 0;

    zip_error_init(&why);
    src = zip_source_buffer_create(blob->data, blob->len, 0, &why);
    z = src ? zip_open_from_source(src, ZIP_RDONLY, &why) : NULL;
    if (!z) {
        zip_source_free(src);
        (void)err_set(e, ERR_IO, "the embedded package cannot be read: %s",
                      zip_error_strerror(&why));
        zip_error_fini(&why);
        return -1;
    }
    rc = read_entry(z, data, n, e);
    zip_discard(z);
    return rc;
}

static int bootstrap_embedded(struct unpacked *u, struct err *e)
{
    struct utsname machine;
    const char *arch = uname(&machine) == 0 ? machine.machine : "unknown";
    const struct blob *blob = NULL;
    auto_free void *data = NULL;
    size_t n = 0;

    if (strcmp(arch, "aarch64") == 0)
        arch = "arm64";
    blob = embed_bootstrap_zip(arch);
    if (!blob)
        return err_set(e, ERR_CONFIG,
                       "this fifoq contains no bootstrap for this machine's architecture '%s'",
                       arch);
    u->bootstrap = xasprintf("%s/bootstrap", u->dir);
    if (read_embedded(blob, &data, &n, e) < 0)
        return -1;
    return write_file(u->bootstrap, 0700, data, n, e);
}

static int bootstrap_given(const char *path, struct unpacked *u, struct err *e)
{
    char absolute[PATH_MAX];
    if (!realpath(path, absolute))
        return err_set(e, ERR_IO, "cannot run '%s': %s", path, strerror(errno));
    u->bootstrap = xstrdup(absolute);
    return 0;
}

static int folder_make(struct unpacked *u, struct err *e)
{
    const char *tmp = env_get("TMPDIR");
    auto_free char *dir = xasprintf("%s/fifoq-dev-XXXXXX", tmp ? tmp : "/tmp");
    char absolute[PATH_MAX];

    if (!mkdtemp(dir))
        return err_set(e, ERR_IO, "cannot create the folder '%s': %s", dir, strerror(errno));
    u->dir = xstrdup(realpath(dir, absolute) ? absolute : dir);
    return 0;
}

int unpack(const struct config *c, const char *bootstrap, struct unpacked *out, struct err *e)
{
    struct unpacked u = { 0 };
    int rc = 0;
    auto_free char *text = NULL;
    auto_free char *path = NULL;

    if (folder_make(&u, e) < 0)
        return -1;
    text = json_text(c->settings);
    path = xasprintf("%s/settings.json", u.dir);
    rc = write_file(path, 0600, text, strlen(text), e);
    if (rc == 0)
        rc = bootstrap ? bootstrap_given(bootstrap, &u, e) : bootstrap_embedded(&u, e);
    if (rc != 0) {
        unpacked_done(&u);
        return -1;
    }
    *out = u;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    (void)remove(path); /* a failure only leaves files in the temporary folder */
    return 0;
}

void unpacked_done(struct unpacked *u)
{
    if (u->dir)
        (void)nftw(u->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(u->dir);
    free(u->bootstrap);
    *u = (struct unpacked){ 0 };
}
