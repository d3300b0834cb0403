/* creds_profile.h: credentials and region from the files that AWS's own tools keep.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
#ifndef FIFOQ_CREDS_PROFILE_H
#define FIFOQ_CREDS_PROFILE_H

#include "creds.h"

/*
 * A provider (creds.h). arg: const char *, the name of the profile, NULL for "default". Reads
 * AWS_SHARED_CREDENTIALS_FILE (or
 * ~/.aws/credentials) and AWS_CONFIG_FILE (or ~/.aws/config); what stands in the first wins. A
 * profile that was asked for by name and is not there, half a key, and the forms that need more
 * than the files (role_arn, sso_session, credential_process, ...) are broken: the message says what
 * to do.
 */
int creds_from_profile(void *arg, struct creds *out, struct err *e);

/* The region of that profile, the caller's; NULL when it says none, or when there is no such
 * profile or file. */
char *creds_profile_region(const char *name);

/* One file's text, for tests and fuzzing: the values of one profile. */
enum profile_file { PROFILE_CREDENTIALS, PROFILE_CONFIG };
struct profile; /* names and values; freed with profile_free, which cleanses */
/* NULL when the text has no such profile. */
struct profile *profile_parse(const char *text, enum profile_file kind, const char *name);
const char *profile_get(const struct profile *p,
                        const char *key); /* borrowed; NULL: absent; p may be NULL */
void profile_free(struct profile *p);

#endif
