/* init_ci.h: the job that lets CI look for drift, as `fifoq init` writes it. */
#ifndef FIFOQ_INIT_CI_H
#define FIFOQ_INIT_CI_H

#include "err.h"
#include "macros.h"

/* In the order of --ci. */
enum ci { CI_AUTO, CI_GITHUB, CI_GITLAB, CI_NONE };
extern const char *const ci_names[];

/* What the folder speaks of: .github, .gitlab-ci.yml, then the remotes in .git/config; else GitHub.
 */
enum ci ci_of_folder(void);

/* Writes the job for a configuration of that name, unless it is there already, and says so on
 * standard output. c is not CI_AUTO. */
CHECKED int ci_write(enum ci c, const char *file, struct err *e);

#endif
