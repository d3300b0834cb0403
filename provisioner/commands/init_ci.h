/* init_ci.h: the CI job that checks for drift, written by `fifoq init`. */
#ifndef FIFOQ_INIT_CI_H
#define FIFOQ_INIT_CI_H

#include "err.h"
#include "macros.h"

/* In the order of --ci. */
enum ci { CI_AUTO, CI_GITHUB, CI_GITLAB, CI_NONE };
extern const char *const ci_names[];

/* Detects the CI system: .github, .gitlab-ci.yml, then the remotes in .git/config; otherwise
 * GitHub. */
enum ci ci_of_folder(void);

/* Writes the job for the configuration file, unless the job exists, and reports it on standard
 * output. c must not be CI_AUTO. */
CHECKED int ci_write(enum ci c, const char *file, struct err *e);

#endif
