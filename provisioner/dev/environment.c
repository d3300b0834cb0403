/* environment.c: the tables of variables that a function's process inherits. */
#include "dev/environment.h"

#include "env.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const char *const fixed[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=en_US.UTF-8",
                                     "TZ=:UTC" };

/* The network settings of this machine. */
static const char *const inherited[] = {
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
};

/* Network settings that are paths, made absolute: the process runs in another folder. */
static const char *const inherited_paths[] = { "SSL_CERT_FILE", "SSL_CERT_DIR",
                                               "REQUESTS_CA_BUNDLE" };

static const char *const credentials[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                           "AWS_SESSION_TOKEN" };

struct list {
    char **entries;
    size_t n;
};

static void add(struct list *l, char *entry)
{
    l->entries = xrealloc(l->entries, (l->n + 2) * sizeof(char *));
    l->entries[l->n++] = entry;
    l->entries[l->n] = NULL;
}

static void add_pair(struct list *l, const char *name, const char *value)
{
    if (value)
        add(l, xasprintf("%s=%s", name, value));
}

/* A path that does not exist is passed on unchanged: its user reports it. */
static void add_path(struct list *l, const char *name, const char *value)
{
    auto_free char *there = value ? path_at_home(value) : NULL;
    auto_free char *path = there && *there && *there != '/' ? realpath(there, NULL) : NULL;

    add_pair(l, name, path ? path : there);
}

/* The endpoints of fifoq's own requests, whether from variables, the profile or the command line.
 */
static void add_endpoints(struct list *l, const struct aws_endpoints *s)
{
    for (int id = 0; id < AWS_IDS; id++) {
        auto_free char *name = xasprintf("AWS_ENDPOINT_URL_%s", aws_id_name((enum aws_id)id));
        add_pair(l, name, s->url[id]);
    }
    add_pair(l, "AWS_ENDPOINT_URL", s->rest);
    add_pair(l, "AWS_USE_FIPS_ENDPOINT", s->fips ? "true" : NULL);
    add_pair(l, "AWS_USE_DUALSTACK_ENDPOINT", s->dual_stack ? "true" : NULL);
}

char **environment_make(const struct aws *a)
{
    struct list l = { 0 };
    for (size_t i = 0; i < COUNTOF(fixed); i++)
        add(&l, xstrdup(fixed[i]));
    for (size_t i = 0; i < COUNTOF(inherited); i++)
        add_pair(&l, inherited[i], getenv(inherited[i]));
    for (size_t i = 0; i < COUNTOF(inherited_paths); i++)
        add_path(&l, inherited_paths[i], getenv(inherited_paths[i]));
    add_path(&l, "AWS_CA_BUNDLE", a->ca_file);
    add_endpoints(&l, &a->endpoints);
    return l.entries;
}

static bool is_credential(const char *entry)
{
    for (size_t i = 0; i < COUNTOF(credentials); i++) {
        size_t n = strlen(credentials[i]);

        if (strncmp(entry, credentials[i], n) == 0 && entry[n] == '=')
            return true;
    }
    return false;
}

void environment_credentials(char ***env, const struct creds *c)
{
    const char *values[COUNTOF(credentials)] = { c->key_id, c->secret, c->token };
    struct list l = { .entries = *env };

    for (char **v = *env; v && *v; v++) {
        if (is_credential(*v))
            free_cleansed(*v);
        else
            l.entries[l.n++] = *v;
    }
    if (l.entries)
        l.entries[l.n] = NULL;
    for (size_t i = 0; i < COUNTOF(credentials); i++)
        add_pair(&l, credentials[i], values[i]);
    *env = l.entries;
}

void environment_free(char **env)
{
    for (size_t i = 0; env && env[i]; i++)
        free_cleansed(env[i]);
    free(env);
}
