/* secret.h: gets a parameter's value from its source, and recognises it later without storing it.
 */
#ifndef FIFOQ_SECRET_H
#define FIFOQ_SECRET_H

#include "config/config.h"

/* The path of a FROM_FILE parameter: relative to folder unless it begins with / or ~. The caller
 * frees it. */
char *secret_file(const struct config_parameter *p, const char *folder);

/*
 * Gets the value from its source, without one trailing line break. *value: NULL if the source has
 * none; the caller frees it (auto_secret). *missing: what to do then ("set the environment variable
 * 'X'"); the caller frees it, too. folder: the base of FROM_FILE. ask: see struct ctx. -1: the
 * source cannot be read (ERR_IO), or its value cannot be stored (ERR_CONFIG). Errors never contain
 * the value.
 */
CHECKED int secret_get(const struct config_parameter *p, const char *folder,
                       char *(*ask)(const char *name), char **value, char **missing, struct err *e);

/* "1:SALT:HASH" with a new salt: PBKDF2-HMAC-SHA256, 100,000 rounds. The caller frees it. */
char *secret_mark(const char *value);
/* Whether the mark was made from `value`. */
bool secret_fits(const char *value, const char *mark);

#endif
