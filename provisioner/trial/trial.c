/* trial.c: reads the secrets that are available and builds each destination as drain would. */
#include "trial/trial.h"

#include "kinds/secret.h"
#include "mem.h"
#include "runtime/try.h"
#include "trial/trial_values.h"

#include <string.h>

struct trial {
    const struct config *config;
    struct problems *problems;
    json_t *values; /* NAME -> value, or null */
    size_t i;       /* the destination under trial */
};

int trial_read(const struct config *c, json_t *values, struct err *e)
{
    auto_free char *folder = config_folder(c);

    for (size_t i = 0; i < c->n_parameters; i++) {
        auto_secret char *value = NULL;
        auto_free char *missing = NULL;

        if (secret_get(&c->parameters[i], folder, NULL, &value, &missing, e) < 0)
            return -1;
        json_object_set_new(values, c->parameters[i].name,
                            value ? json_string(value) : json_null());
    }
    return 0;
}

/* Appends "; ${param.k} is from env:KEY" for each parameter of the field that has a value. */
struct sources {
    const struct trial *trial;
    const char *path;
    struct buf *out;
};

static void name_sources(void *arg, const char *path, const char *text, const json_t *names)
{
    const struct sources *s = arg;
    const struct config *c = s->trial->config;

    (void)text;
    for (size_t i = 0; strcmp(path, s->path) == 0 && i < c->n_parameters; i++) {
        const struct config_parameter *p = &c->parameters[i];
        if (json_object_get(names, p->name) && jget_str(s->trial->values, p->name))
            buf_printf(s->out, "; ${param.%s} is from %s:%s", p->name,
                       p->from == FROM_ENV ? "env" : "file", p->source);
    }
}

static void tell(void *arg, const char *path, const char *text)
{
    const struct trial *t = arg;
    const json_t *settings = t->config->drain.destinations[t->i].settings;
    auto_free char *at = xasprintf("drain.destinations[%zu]%s%s", t->i, *path ? "." : "", path);
    auto_buf sources = BUF(BUF_SMALL);
    struct sources s = { t, path, &sources };

    trial_fields(settings, name_sources, &s);
    config_wrong(t->config, t->problems, at, "%s%s", text, buf_str(&sources));
}

int trial_config(const struct config *c, struct problems *p, struct err *e)
{
    auto_json json_t *values = json_object();
    struct trial t = { .config = c, .problems = p, .values = values };

    if (trial_read(c, values, e) < 0)
        return -1;
    trial_values(c, values, p);
    for (t.i = 0; t.i < c->drain.n_destinations; t.i++)
        try_destination(c->drain.destinations[t.i].settings, values, tell, &t);
    return 0;
}
