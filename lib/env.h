/* env.h: environment variables. */
#ifndef FIFOQ_ENV_H
#define FIFOQ_ENV_H

/* The value of a variable that is set and not empty, borrowed; else NULL. */
const char *env_get(const char *name);

/* "~" and "~/..." with HOME instead of the tilde, anything else unchanged; the caller's. */
char *path_at_home(const char *path);

#endif
