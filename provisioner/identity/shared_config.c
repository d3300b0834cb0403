/* shared_config.c: profiles, SSO sessions and services from both files, merged like in
 * botocore.configloader and Session.full_config. */
#include "identity/shared_config.h"

#include "env.h"
#include "files.h"
#include "identity/ini.h"
#include "identity/words.h"
#include "mem.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A section of the config file and the name to look it up by. */
struct named {
    const char *kind; /* static */
    char *name;
    const struct ini_section *section;
};

struct shared_config {
    char *paths[2];
    const char *unread[2]; /* why an existing file was not read, static; NULL: it was */
    struct ini_section *config, *credentials;
    struct named *named;
    size_t n_named;
};

enum { CONFIG, CREDENTIALS };

static const char *const kinds[] = { "profile", "sso-session", "services" };

/* Splits "profile NAME" and the like: two words, the first begins with the kind. "default" alone is
 * a profile. */
static bool section_name(const char *head, const char **kind, char **name)
{
    char **words = NULL;
    size_t n = 0;

    *kind = NULL;
    for (size_t i = 0; i < COUNTOF(kinds) && !*kind; i++)
        if (str_starts(head, kinds[i]))
            *kind = kinds[i];
    if (!*kind && strcmp(head, "default") == 0) {
        *kind = kinds[0];
        *name = xstrdup(head);
        return true;
    }
    if (!*kind || !words_split(head, &words, &n))
        return false;
    if (n == 2)
        *name = xstrdup(words[1]);
    words_free(words);
    return n == 2;
}

static void index_names(struct shared_config *c)
{
    for (const struct ini_section *s = c->config; s; s = s->next) {
        struct named one = { .section = s };

        if (!section_name(s->name, &one.kind, &one.name))
            continue;
        c->named = xrealloc(c->named, (c->n_named + 1) * sizeof(*c->named));
        c->named[c->n_named++] = one;
    }
}

static int parse_text(struct shared_config *c, const char *text, int which, struct err *e)
{
    struct ini_section **into = which == CONFIG ? &c->config : &c->credentials;

    return text && ini_parse(text, into, e) < 0 ? err_wrap(e, "'%s'", c->paths[which]) : 0;
}

static int parse_texts(struct shared_config *c, const char *config, const char *credentials,
                       struct err *e)
{
    if (parse_text(c, config, CONFIG, e) < 0 || parse_text(c, credentials, CREDENTIALS, e) < 0)
        return -1;
    index_names(c);
    return 0;
}

int shared_config_parse(struct shared_config **out, const char *config, const char *credentials,
                        struct err *e)
{
    struct shared_config *c = xcalloc(1, sizeof(*c));

    c->paths[CONFIG] = xstrdup("config");
    c->paths[CREDENTIALS] = xstrdup("credentials");
    if (parse_texts(c, config, credentials, e) < 0) {
        shared_config_free(c);
        return -1;
    }
    *out = c;
    return 0;
}

static char *path_of(const char *variable, const char *usual)
{
    const char *path = env_get(variable);

    return path_expand(path ? path : usual);
}

/* A path that is not a file or not readable (another user's home) counts as missing: the
 * credentials may come from elsewhere. */
static int read_file(struct shared_config *c, int which, char **text, struct err *e)
{
    const char *path = c->paths[which];
    struct stat st;

    if (stat(path, &st) < 0 || (S_ISREG(st.st_mode) && access(path, R_OK) < 0)) {
        c->unread[which] = errno == ENOENT ? NULL : strerror(errno);
        return 0;
    }
    if (!S_ISREG(st.st_mode) || file_read(path, text, e) == 0)
        return 0;
    e->code = ERR_CREDENTIALS;
    return -1;
}

int shared_config_load(struct shared_config **out, struct err *e)
{
    struct shared_config *c = xcalloc(1, sizeof(*c));
    auto_secret char *config = NULL;
    auto_secret char *credentials = NULL;

    c->paths[CONFIG] = path_of("AWS_CONFIG_FILE", "~/.aws/config");
    c->paths[CREDENTIALS] = path_of("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    if (read_file(c, CONFIG, &config, e) < 0 || read_file(c, CREDENTIALS, &credentials, e) < 0 ||
        parse_texts(c, config, credentials, e) < 0) {
        shared_config_free(c);
        return -1;
    }
    *out = c;
    return 0;
}

void shared_config_free(struct shared_config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_named; i++)
        free(c->named[i].name);
    free(c->named);
    ini_free(c->config);
    ini_free(c->credentials);
    free(c->paths[CONFIG]);
    free(c->paths[CREDENTIALS]);
    free(c);
}

const char *shared_config_path(const struct shared_config *c)
{
    return c->paths[CONFIG];
}

const char *shared_credentials_path(const struct shared_config *c)
{
    return c->paths[CREDENTIALS];
}

const char *shared_config_unread(const struct shared_config *c)
{
    return c->unread[CONFIG];
}

const char *shared_credentials_unread(const struct shared_config *c)
{
    return c->unread[CREDENTIALS];
}

/* The last section of that kind and name wins as a whole. */
static const struct ini_section *config_section(const struct shared_config *c, const char *kind,
                                                const char *name)
{
    for (size_t i = c->n_named; i > 0; i--)
        if (strcmp(c->named[i - 1].kind, kind) == 0 && strcmp(c->named[i - 1].name, name) == 0)
            return c->named[i - 1].section;
    return NULL;
}

static const struct ini_section *credentials_section(const struct shared_config *c,
                                                     const char *profile)
{
    for (const struct ini_section *s = c->credentials; s; s = s->next)
        if (strcmp(s->name, profile) == 0)
            return s;
    return NULL;
}

static const struct ini_value *value_of(const struct ini_section *s, const char *key)
{
    return s ? ini_find(s->values, key) : NULL;
}

static const char *text_of(const struct ini_value *v)
{
    return v && *v->text ? v->text : NULL;
}

static const struct ini_value *profile_value(const struct shared_config *c, const char *profile,
                                             const char *key)
{
    const struct ini_value *v = value_of(credentials_section(c, profile), key);

    return v ? v : value_of(config_section(c, kinds[0], profile), key);
}

bool shared_config_has(const struct shared_config *c, const char *profile)
{
    return credentials_section(c, profile) || config_section(c, kinds[0], profile);
}

int shared_config_needs(const struct shared_config *c, const char *profile, struct err *e)
{
    int which = c->unread[CONFIG] ? CONFIG : CREDENTIALS;

    if (shared_config_has(c, profile))
        return 0;
    if (c->unread[which])
        return err_set(e, ERR_CREDENTIALS, "profile '%s' not found, and '%s' cannot be read: %s",
                       profile, c->paths[which], c->unread[which]);
    return err_set(e, ERR_CREDENTIALS,
                   "profile '%s' not found in '%s' or '%s'; run 'aws configure list-profiles' for "
                   "the existing ones",
                   profile, c->paths[CREDENTIALS], c->paths[CONFIG]);
}

bool shared_config_says(const struct shared_config *c, const char *profile, const char *key)
{
    return profile_value(c, profile, key) != NULL;
}

const char *shared_config_get(const struct shared_config *c, const char *profile, const char *key)
{
    return text_of(profile_value(c, profile, key));
}

const char *shared_config_get_credentials(const struct shared_config *c, const char *profile,
                                          const char *key)
{
    return text_of(value_of(credentials_section(c, profile), key));
}

const char *shared_config_get_config(const struct shared_config *c, const char *profile,
                                     const char *key)
{
    return text_of(value_of(config_section(c, kinds[0], profile), key));
}

bool shared_config_has_section(const struct shared_config *c, const char *kind, const char *name)
{
    return config_section(c, kind, name) != NULL;
}

const char *shared_config_section(const struct shared_config *c, const char *kind, const char *name,
                                  const char *key)
{
    return text_of(value_of(config_section(c, kind, name), key));
}

const char *shared_config_service(const struct shared_config *c, const char *name,
                                  const char *service, const char *key)
{
    const struct ini_value *v = value_of(config_section(c, "services", name), service);

    return v ? text_of(ini_find(v->nested, key)) : NULL;
}
