/* auth.c: what the kinds of authentication have in common; contract.c has their table. */
#include "auth_kinds.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 10, MAP_MAX = 20 };

static bool is_url(const char *s)
{
    auto_free char *url = xstrdup(s);

    return url_take_scheme(url);
}

static auth_apply_fn *const apply[AUTH_KINDS] = {
    [AUTH_BEARER] = auth_bearer, [AUTH_BASIC] = auth_basic,   [AUTH_HEADER] = auth_header,
    [AUTH_QUERY] = auth_query,   [AUTH_OAUTH2] = auth_oauth2, [AUTH_HMAC] = auth_hmac,
    [AUTH_MTLS] = auth_mtls,     [AUTH_SIGV4] = auth_sigv4,
};

static const struct auth_kind *find_kind(const char *name, struct err *e)
{
    const struct auth_kind *kind = auth_kind_find(name);
    auto_buf all = BUF(BUF_SMALL);

    if (kind)
        return kind;
    auth_kinds_put(&all);
    (void)err_set(e, ERR_CONFIG, "unknown kind '%.40s'; expected one of %s", name, buf_str(&all));
    return NULL;
}

static bool member_fits(const struct auth_member *m, const char *text)
{
    return *text && (!m->words || word_number(m->words, text) >= 0) &&
           (!(m->flags & AUTH_NAME) || is_token(text)) && (!(m->flags & AUTH_URL) || is_url(text));
}

static int read_text(const struct auth_member *m, const json_t *v, struct auth_value *out,
                     struct err *e)
{
    const char *text = json_string_value(v);

    if (!text || !member_fits(m, text))
        return err_set(e, ERR_CONFIG, "invalid value '%.80s'", text ? text : "");
    out->text = xstrdup(text);
    return 0;
}

static int read_template(const json_t *v, const struct template_root *roots, struct auth_value *out,
                         struct err *e)
{
    if (!json_is_string(v))
        return err_set(e, ERR_CONFIG, "expected a string");
    if (template_compile(v, &out->templates[out->n_templates], e) < 0)
        return -1;
    return template_check(out->templates[out->n_templates++], roots, e);
}

static int read_map(const struct auth_member *m, const json_t *v, const struct template_root *roots,
                    struct auth_value *out, struct err *e)
{
    const char *name;
    json_t *value;

    if (!json_is_object(v) || json_object_size(v) > MAP_MAX)
        return err_set(e, ERR_CONFIG, "expected an object with at most %d members", MAP_MAX);
    out->templates = xcalloc(MAP_MAX, sizeof(struct template *));
    out->names = xcalloc(MAP_MAX, sizeof(char *));
    json_object_foreach((json_t *)v, name, value) {
        if (!member_fits(m, name))
            return err_set(e, ERR_CONFIG, "invalid name '%.80s'", name);
        out->names[out->n_templates] = xstrdup(name);
        if (read_template(value, roots, out, e) < 0)
            return err_wrap(e, "%.80s", name);
    }
    return 0;
}

static int read_value(const struct auth_member *m, const json_t *v,
                      const struct template_root *roots, struct auth_value *out, struct err *e)
{
    size_t i, n = json_array_size(v);

    if ((m->flags & AUTH_OPTIONAL) && (!v || json_is_null(v)))
        return 0;
    if (m->type == AUTH_TEXT)
        return read_text(m, v, out, e);
    if (m->type == AUTH_MAP)
        return read_map(m, v, roots, out, e);
    out->templates = xcalloc(LIST_MAX, sizeof(struct template *));
    if (m->type == AUTH_TEMPLATE)
        return read_template(v, m->roots ? m->roots : roots, out, e);
    if (n == 0 || n > LIST_MAX)
        return err_set(e, ERR_CONFIG, "expected a list of 1 to %d", LIST_MAX);
    for (i = 0; i < n; i++)
        if (read_template(json_array_get(v, i), roots, out, e) < 0)
            return -1;
    return 0;
}

static int read_members(const json_t *v, const struct template_root *roots, struct auth *a,
                        struct err *e)
{
    const struct auth_member *members = a->kind->members;
    bool whole = !*members[0].name;

    if (!whole && !json_is_object(v))
        return err_set(e, ERR_CONFIG, "expected an object");
    for (size_t i = 0; i < AUTH_MEMBERS && members[i].name; i++) {
        const json_t *member = whole ? v : json_object_get(v, members[i].name);
        if (read_value(&members[i], member, roots, &a->values[i], e) < 0)
            return whole ? -1 : err_wrap(e, "%s", members[i].name);
    }
    return 0;
}

static void note_root(void *arg, const char *root, const char *path)
{
    bool *by_message = arg;

    (void)path;
    *by_message = *by_message || strcmp(root, "param") != 0;
}

static void note_roots(void *arg, const struct template *t)
{
    template_each_path(t, note_root, arg);
}

int auth_parse(const json_t *auth, const struct template_root *roots, struct auth *out,
               struct err *e)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)auth));

    *out = (struct auth){ 0 };
    if (!auth || json_is_null(auth))
        return 0;
    if (json_object_size(auth) != 1)
        return err_set(e, ERR_CONFIG, "auth: expected an object with one kind");
    out->kind = find_kind(name, e);
    if (!out->kind)
        return err_wrap(e, "auth");
    if (out->kind->only_param)
        roots = param_roots(roots);
    if (read_members(json_object_get(auth, name), roots, out, e) < 0)
        return err_wrap(e, "auth.%s", name);
    auth_each_template(out, note_roots, &out->by_message);
    return 0;
}

void auth_done(struct auth *a)
{
    for (size_t i = 0; i < AUTH_MEMBERS; i++) {
        for (size_t k = 0; k < a->values[i].n_templates; k++)
            template_free(a->values[i].templates[k]);
        for (size_t k = 0; a->values[i].names && k < MAP_MAX; k++)
            free(a->values[i].names[k]);
        free(a->values[i].names);
        free(a->values[i].templates);
        free(a->values[i].text);
    }
    *a = (struct auth){ 0 };
}

void auth_each_template(const struct auth *a, void (*fn)(void *arg, const struct template *t),
                        void *arg)
{
    for (size_t i = 0; a->kind && i < AUTH_MEMBERS; i++)
        for (size_t k = 0; !a->kind->members[i].roots && k < a->values[i].n_templates; k++)
            fn(arg, a->values[i].templates[k]);
}

bool auth_wants_token(const struct auth *a)
{
    return a->kind && a->kind->wants_token;
}

int auth_render(const struct auth_part *p, const json_t *values, struct buf *out, struct err *e)
{
    const struct auth_value *v = &p->auth->values[p->member];
    const char *name = p->auth->kind->members[p->member].name;

    if (p->i >= v->n_templates)
        return 0;
    if (template_render_text(v->templates[p->i], values, p->use, out, e) < 0) {
        if (v->names)
            return err_wrap(e, "%s.%.80s", name, v->names[p->i]);
        return *name ? err_wrap(e, "%s", name) : -1;
    }
    return 0;
}

int auth_apply(const struct auth *a, const struct outgoing *m, const json_t *values,
               struct destination_request *out, struct err *e)
{
    struct auth_job j = { .auth = a, .m = m, .values = values, .out = out };

    if (!a->kind || apply[a->kind - auth_kinds](&j, e) == 0)
        return 0;
    if (!a->by_message)
        e->code = ERR_CREDENTIALS;
    return err_wrap(e, "auth.%s", a->kind->name);
}
