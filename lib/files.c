/* files.c: writing whole files. */
#include "files.h"

#include "buf.h"
#include "encode.h"
#include "mem.h"
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)16 << 20)

static int trouble(const char *path, struct err *e)
{
    (void)err_set(e, ERR_IO, "'%s': %s", path, strerror(errno));
    return -1;
}

int write_all(int fd, const void *data, size_t n)
{
    const char *p = data;

    while (n > 0) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        p += written;
        n -= (size_t)written;
    }
    return 0;
}

/* A new file with these bytes beside path; its name in *temporary, the caller's. */
static int write_beside(const char *path, mode_t mode, const void *data, size_t n, char **temporary,
                        struct err *e)
{
    unsigned char random[8];
    char suffix[2 * sizeof(random) + 1];
    int fd = 0;
    int result = 0;
    auto_free char *name = NULL;

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), suffix);
    name = xasprintf("%s.%s", path, suffix);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return trouble(path, e);

    result = write_all(fd, data, n) < 0 || fsync(fd) < 0 ? trouble(path, e) : 0;
    if (close(fd) < 0 && result == 0)
        result = trouble(path, e);
    if (result < 0)
        (void)unlink(name); /* the error is reported already */
    else
        *temporary = steal(name);
    return result;
}

static int replace(const char *path, mode_t mode, const void *data, size_t n, struct err *e)
{
    auto_free char *temporary = NULL;

    if (write_beside(path, mode, data, n, &temporary, e) < 0)
        return -1;
    if (rename(temporary, path) == 0)
        return 0;
    (void)trouble(path, e);
    (void)unlink(temporary);
    return -1;
}

int file_replace(const char *path, const void *data, size_t n, struct err *e)
{
    return replace(path, 0666, data, n, e);
}

static int write_into(const char *path, const void *data, size_t n, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int result = 0;

    if (fd < 0)
        return trouble(path, e);

    result = write_all(fd, data, n) < 0 ? trouble(path, e) : 0;
    if (close(fd) < 0 && result == 0)
        result = trouble(path, e);
    return result;
}

int file_put(const char *path, const void *data, size_t n, struct err *e)
{
    struct stat st;

    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return write_into(path, data, n, e);
    return file_replace(path, data, n, e);
}

int file_replace_private(const char *path, const void *data, size_t n, struct err *e)
{
    return replace(path, 0600, data, n, e);
}

int file_create(const char *path, const void *data, size_t n, bool *made, struct err *e)
{
    auto_free char *temporary = NULL;
    bool linked = false;
    int why = 0;

    if (write_beside(path, 0666, data, n, &temporary, e) < 0)
        return -1;

    linked = link(temporary, path) == 0;
    why = errno;
    (void)unlink(temporary);
    errno = why;
    if (!linked && why != EEXIST)
        return trouble(path, e);
    *made = linked;
    return 0;
}

int file_read(const char *path, char **text, struct err *e)
{
    auto_buf all = BUF(TEXT_MAX);
    char piece[4096];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int why = 0;

    if (fd < 0 && errno == ENOENT) {
        *text = NULL;
        return 0;
    }
    if (fd < 0)
        return trouble(path, e);
    while ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))
        buf_add(&all, piece, n < 0 ? 0 : (size_t)n);
    why = errno;
    (void)close(fd);
    errno = why;
    if (n < 0)
        return trouble(path, e);
    if (buf_failed(&all))
        return err_set(e, ERR_IO, "'%s': larger than 16 MiB", path);
    *text = buf_steal(&all);
    return 0;
}
