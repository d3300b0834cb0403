/* env.h: what the environment says. */
#ifndef FIFOQ_ENV_H
#define FIFOQ_ENV_H

/* The value of a variable that is set and not empty, borrowed; else NULL. */
const char *env_get(const char *name);

/* "~" and "~/..." with HOME in the place of the tilde, anything else as it is; the caller's. */
char *path_at_home(const char *path);

#endif
