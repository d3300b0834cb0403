/* settings.h: what the environment and AWS's shared files say of regions, endpoints, retries and
 * certificates. https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
#ifndef FIFOQ_SETTINGS_IDENTITY_H
#define FIFOQ_SETTINGS_IDENTITY_H

#include "aws.h"
#include "identity/shared_config.h"

/* Zeroed: nothing is set. Strings are owned. */
struct aws_settings {
    char *region;
    const char *region_from; /* static: the variable's name, or "profile"; NULL like region */
    char *ca_file;           /* certificates to trust; NULL: the system's */
    char *ca_from;           /* where that was said, for messages */
    struct aws_endpoints endpoints;
    int max_attempts; /* 0: not set */
    enum aws_retry_mode retry_mode;
};
void aws_settings_done(struct aws_settings *s);

/*
 * Each setting from its variable, else from the profile (NULL: "default"); empty is as good as
 * unset. *out is zeroed, and the caller's also on failure. ERR_USAGE for a value that is not
 * allowed: the message names the variable, or the file, the profile and the key. ERR_CREDENTIALS
 * for a profile that is asked for by name and not there.
 */
CHECKED int aws_settings_read(const struct shared_config *files, const char *profile,
                              struct aws_settings *out, struct err *e);
/* The region alone, the caller's, or NULL; *from as region_from. */
char *aws_settings_region(const struct shared_config *files, const char *profile,
                          const char **from);

#endif
