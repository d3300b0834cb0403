/* secret.h: where a parameter's value comes from, and how to recognise it again without keeping it.
 */
#ifndef FIFOQ_SECRET_H
#define FIFOQ_SECRET_H

#include "config/config.h"

/* The path of a FROM_FILE parameter: from folder unless it begins with / or ~. The caller's. */
char *secret_file(const struct config_parameter *p, const char *folder);

/*
 * The value as its source has it now, without one line break at its end: *value is the caller's
 * (auto_secret), NULL when the source has none; *missing then says what to do in words ("set the
 * environment variable 'X'"), the caller's too. folder: what FROM_FILE is relative to. ask: see
 * struct ctx. -1: the source is broken (ERR_IO), or its value cannot be stored (ERR_CONFIG). Never
 * names the value.
 */
CHECKED int secret_get(const struct config_parameter *p, const char *folder,
                       char *(*ask)(const char *name), char **value, char **missing, struct err *e);

/* "1:SALT:HASH" with a new salt: PBKDF2-HMAC-SHA256, 100,000 rounds. The caller's. */
char *secret_mark(const char *value);
/* Whether `value` is the one that the mark was made from. */
bool secret_fits(const char *value, const char *mark);

#endif
