/* shared_config.h: the two files that AWS's own tools share, as botocore reads them.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
#ifndef FIFOQ_SHARED_CONFIG_H
#define FIFOQ_SHARED_CONFIG_H

#include "base.h"

/* Read once, then constant: any thread may ask. All strings it gives are borrowed. */
struct shared_config;

/* AWS_CONFIG_FILE (or ~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (or ~/.aws/credentials). A
 * file that is not there, is no regular one or may not be read is an empty one. ERR_CREDENTIALS for
 * one that is no such file: the message names file and line. */
CHECKED int shared_config_load(struct shared_config **out, struct err *e);
/* The same from texts; either may be NULL. For tests and fuzzing. */
CHECKED int shared_config_parse(struct shared_config **out, const char *config,
                                const char *credentials, struct err *e);
void shared_config_free(struct shared_config *c); /* cleanses; NULL is fine */

/* The paths that were looked at, for messages. */
const char *shared_config_path(const struct shared_config *c);
const char *shared_credentials_path(const struct shared_config *c);

/* Why a file that is there was not read, "Permission denied"; NULL: it was, or is not there. */
const char *shared_config_unread(const struct shared_config *c);
const char *shared_credentials_unread(const struct shared_config *c);

/* Is there such a profile, in either file? */
bool shared_config_has(const struct shared_config *c, const char *profile);
/* ERR_CREDENTIALS when there is none: the message names the files, or why one was not read. */
CHECKED int shared_config_needs(const struct shared_config *c, const char *profile, struct err *e);
/* Does the profile say this key, be it with an empty or a nested value? */
bool shared_config_says(const struct shared_config *c, const char *profile, const char *key);
/* A profile's value; NULL: absent or empty. Where both files say it, the credentials file wins. */
const char *shared_config_get(const struct shared_config *c, const char *profile, const char *key);
/* Of the credentials file, or of the config file, alone. */
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
