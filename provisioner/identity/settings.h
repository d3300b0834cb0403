/* settings.h: regions, endpoints, retries and certificates from the environment and AWS's shared
 * files. https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
#ifndef FIFOQ_SETTINGS_IDENTITY_H
#define FIFOQ_SETTINGS_IDENTITY_H

#include "aws.h"
#include "identity/shared_config.h"

/* Zeroed: nothing is set. Strings are owned. */
struct aws_settings {
    char *region;
    const char *region_from; /* static: the variable's name, or "profile"; NULL if region is */
    char *ca_file;           /* certificates to trust; NULL: the system's */
    char *ca_from;           /* where that was set, for messages */
    struct aws_endpoints endpoints;
    int max_attempts; /* 0: not set */
    enum aws_retry_mode retry_mode;
};
void aws_settings_done(struct aws_settings *s);

/* Reads each setting from its variable, otherwise from the profile (NULL: "default"); empty means
 * unset. *out must be zeroed; the caller frees it, also after a failure. ERR_USAGE: an invalid
 * value; the message names the variable, or the file, the profile and the key. ERR_CREDENTIALS: a
 * named profile was not found.
 */
CHECKED int aws_settings_read(const struct shared_config *files, const char *profile,
                              struct aws_settings *out, struct err *e);
/* Only the region, for the caller to free, or NULL; *from is like region_from. */
char *aws_settings_region(const struct shared_config *files, const char *profile,
                          const char **from);

#endif
