/* env.c: see env.h. */
#include "env.h"

#include "mem.h"

#include <stdlib.h>

const char *env_get(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

char *path_at_home(const char *path)
{
    const char *home = getenv("HOME");

    if (home && path[0] == '~' && (path[1] == '/' || !path[1]))
        return xasprintf("%s%s", home, path + 1);
    return xstrdup(path);
}
