/* shared_config.h: reads the two files that AWS's own tools share, like botocore.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
#ifndef FIFOQ_SHARED_CONFIG_H
#define FIFOQ_SHARED_CONFIG_H

#include "err.h"
#include "macros.h"

#include <stdbool.h>

/* Read once, then constant: safe for all threads. All returned strings are borrowed. */
struct shared_config;

/* Reads AWS_CONFIG_FILE (or ~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (or ~/.aws/credentials).
 * A file that is missing, not regular or not readable counts as empty. ERR_CREDENTIALS for invalid
 * syntax: the message names file and line. */
CHECKED int shared_config_load(struct shared_config **out, struct err *e);
/* Parses two texts instead; either may be NULL. For tests and fuzzing. */
CHECKED int shared_config_parse(struct shared_config **out, const char *config,
                                const char *credentials, struct err *e);
void shared_config_free(struct shared_config *c); /* cleanses; NULL is fine */

/* The paths of the two files, for messages. */
const char *shared_config_path(const struct shared_config *c);
const char *shared_credentials_path(const struct shared_config *c);

/* Why an existing file was not read, such as "Permission denied"; NULL: read, or missing. */
const char *shared_config_unread(const struct shared_config *c);
const char *shared_credentials_unread(const struct shared_config *c);

/* True if either file has the profile. */
bool shared_config_has(const struct shared_config *c, const char *profile);
/* ERR_CREDENTIALS when it is missing: the message names the files, or why one was not read. */
CHECKED int shared_config_needs(const struct shared_config *c, const char *profile, struct err *e);
/* True if the profile has the key, also with an empty or a nested value. */
bool shared_config_says(const struct shared_config *c, const char *profile, const char *key);
/* A profile's value; NULL: absent or empty. The credentials file wins over the config file. */
const char *shared_config_get(const struct shared_config *c, const char *profile, const char *key);
/* Read only the credentials file, or only the config file. */
const char *shared_config_get_credentials(const struct shared_config *c, const char *profile,
                                          const char *key);
const char *shared_config_get_config(const struct shared_config *c, const char *profile,
                                     const char *key);
bool shared_config_has_section(const struct shared_config *c, const char *kind, const char *name);
/* [sso-session NAME], [services NAME] of the config file: kind is "sso-session" or "services". */
const char *shared_config_section(const struct shared_config *c, const char *kind, const char *name,
                                  const char *key);
/* An indented value below KEY of [services NAME]: dynamodb = / endpoint_url = URL. */
const char *shared_config_service(const struct shared_config *c, const char *name,
                                  const char *service, const char *key);

#endif
