/* files.h: writes whole files, so that no reader ever sees half of one. */
#ifndef FIFOQ_FILES_H
#define FIFOQ_FILES_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>
#include <stddef.h>

/* Writes beside path and renames: path holds the old bytes or all of the new ones. ERR_IO. */
CHECKED int file_replace(const char *path, const void *data, size_t n, struct err *e);

/*
 * For a name that the user gave: a plain file is replaced as in file_replace, a missing one
 * created; the target of a link, a device or a pipe is written into and stays what it is. ERR_IO.
 */
CHECKED int file_put(const char *path, const void *data, size_t n, struct err *e);

/* file_replace, readable by the owner only. */
CHECKED int file_replace_private(const char *path, const void *data, size_t n, struct err *e);

/* file_replace, but an existing file stays as it is: *made says which. */
CHECKED int file_create(const char *path, const void *data, size_t n, bool *made, struct err *e);

/* All of a small text file (up to 16 MiB), NUL-terminated, the caller's; NULL: not found. ERR_IO,
 * also when too large. */
CHECKED int file_read(const char *path, char **text, struct err *e);

/* Writes all of it to an open file; 0, or -1 with errno. */
CHECKED int write_all(int fd, const void *data, size_t n);

#endif
