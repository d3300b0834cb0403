/* fake_aws.c: the entry point of the fake, and code shared by all services. */
#include "fake_aws_parts.h"
#include "mem.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fake_no(const struct call *c, enum err_code as, const char *code, const char *message)
{
    (void)err_set(c->e, as, "%s: %s", code, message);
    (void)snprintf(c->e->aws_code, sizeof(c->e->aws_code), "%s", code);
    return -1;
}

int fake_missing(const struct call *c)
{
    return fake_no(c, ERR_NOT_FOUND, "ResourceNotFoundException", "it is not there");
}

json_t *fake_all(const struct call *c, const char *group)
{
    return json_object_get(c->f->world, group);
}

json_t *fake_thing(const struct call *c, const char *group, const char *name_member)
{
    const char *name = jget_str(c->p, name_member);

    return name ? json_object_get(fake_all(c, group), name) : NULL;
}

const char *fake_last_part(const char *text, const char *separators)
{
    const char *last = text;

    for (; *text; text++) {
        if (strchr(separators, *text))
            last = text + 1;
    }
    return last;
}

void fake_copy(json_t *to, const json_t *from, const char *const *names)
{
    for (; *names; names++) {
        json_t *v = json_object_get(from, *names);

        if (v)
            json_object_set_new(to, *names, json_deep_copy(v));
    }
}

/* Tags are an object or a list of Key and Value; here they are an object. */
void fake_tag(json_t *tags, const json_t *set)
{
    json_t *v;
    size_t i;

    json_object_update(tags, (json_t *)set);
    json_array_foreach(set, i, v)
        json_object_set(tags, jget_str(v, "Key"), json_object_get(v, "Value"));
}

void fake_untag(json_t *tags, const json_t *keys)
{
    json_t *v;
    size_t i;

    json_array_foreach(keys, i, v)
        json_object_del(tags, json_string_value(v));
}

json_t *fake_tag_list(const json_t *tags)
{
    json_t *out = json_array(), *v;
    const char *key;

    json_object_foreach((json_t *)tags, key, v)
        json_array_append_new(out, json_pack("{s:s, s:O}", "Key", key, "Value", v));
    return out;
}

json_t *fake_new_tags(const json_t *set)
{
    json_t *tags = json_object();

    fake_tag(tags, set);
    return tags;
}

/* One read: a settling resource advances. True when it has settled. */
bool fake_looked(json_t *t)
{
    json_int_t looks = jget_int(t, "#looks", 0);

    if (looks > 0)
        json_object_set_new(t, "#looks", json_integer(looks - 1));
    return looks <= 0;
}

json_t *fake_tagged(const struct call *c)
{
    const char *arn = jget_str(c->p, "ResourceARN");

    return arn ? json_object_get(fake_all(c, "rules"), fake_last_part(arn, "/"))
               : fake_thing(c, "parameters", "ResourceId");
}

int fake_list_tags(struct call *c)
{
    json_t *t = fake_tagged(c);

    if (!t)
        return fake_no(c, ERR_NOT_FOUND, "InvalidResourceId", "no such thing");
    json_object_set_new(c->reply, jget_str(c->p, "ResourceARN") ? "Tags" : "TagList",
                        fake_tag_list(json_object_get(t, "#tags")));
    return 0;
}

int fake_tag_listed(struct call *c)
{
    fake_tag(json_object_get(fake_tagged(c), "#tags"), json_object_get(c->p, "Tags"));
    return 0;
}

int fake_untag_listed(struct call *c)
{
    fake_untag(json_object_get(fake_tagged(c), "#tags"), json_object_get(c->p, "TagKeys"));
    return 0;
}

static const struct fake_action *const parts[] = { fake_data, fake_control, fake_lambda };

/* NULL after it has happened often enough. */
static const json_t *failure_of(const struct call *c, const char *what)
{
    json_t *failure = json_object_get(c->f->fails, what);
    json_int_t times = jget_int(failure, "times", -1);

    if (times > 0)
        json_object_set_new(failure, "times", json_integer(times - 1));
    return times == 0 ? NULL : failure;
}

static int dispatch(struct call *c, const char *what)
{
    const json_t *failure = failure_of(c, what);

    if (failure)
        return fake_no(c, jget_bool(failure, "missing", false) ? ERR_NOT_FOUND : ERR_AWS,
                       jget_str(failure, "code"), jget_str(failure, "message"));
    for (size_t i = 0; i < COUNTOF(parts); i++) {
        for (const struct fake_action *a = parts[i]; a->call; a++) {
            if (strcmp(a->call, what) == 0)
                return a->fn(c);
        }
    }
    return fake_no(c, ERR_AWS, "UnknownOperation", what);
}

static int answer(void *arg, const struct aws_service *s, const char *action, const json_t *params,
                  json_t **reply, struct err *e)
{
    struct fake_aws *f = arg;
    struct call c = { .f = f, .p = params, .reply = json_object(), .e = e };
    auto_free char *what = xasprintf("%s:%s", s->name, action);
    int rc;

    /* what a retried attempt leaves behind, also if the call succeeds */
    (void)err_set(e, ERR_AWS, "an earlier attempt failed");
    (void)pthread_mutex_lock(&f->lock);
    json_array_append_new(f->calls, json_string(what));
    json_array_append_new(f->asked, json_deep_copy(params));
    rc = dispatch(&c, what);
    if (rc == 0)
        *reply = json_deep_copy(c.reply);
    json_decref(c.reply);
    (void)pthread_mutex_unlock(&f->lock);
    return rc < 0 ? err_wrap(e, "%s", what) : 0;
}

void fake_aws_init(struct fake_aws *f, struct aws *a)
{
    *f = (struct fake_aws){
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .world = json_pack("{s:{}, s:{}, s:{}, s:{}, s:{}, s:{}, s:{}, s:{}}", "queues", "tables",
                           "parameters", "groups", "roles", "functions", "mappings", "rules"),
        .calls = json_array(),
        .fails = json_object(),
        .asked = json_array(),
        .settle = 2,
    };
    *a = (struct aws){
        .region = xstrdup(REGION),
        .partition = xstrdup("aws"),
        .dns_suffix = xstrdup("amazonaws.com"),
        .account = xstrdup(ACCOUNT),
        .fake = answer,
        .arg = f,
    };
}

void fake_aws_done(struct fake_aws *f, struct aws *a)
{
    json_decref(f->world);
    json_decref(f->calls);
    json_decref(f->fails);
    json_decref(f->asked);
    free(a->region);
    free(a->partition);
    free(a->dns_suffix);
    free(a->account);
}

/* The parent of the last step of path, and that step's name, in key. */
static json_t *walk(struct fake_aws *f, const char *path, char *key, size_t size)
{
    json_t *at = f->world;

    for (;;) {
        size_t n = strcspn(path, "|");

        (void)snprintf(key, size, "%.*s", (int)n, path);
        if (!path[n])
            return at;
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoull(key, NULL, 10))
                               : json_object_get(at, key);
        path += n + 1;
    }
}

json_t *fake_aws_at(struct fake_aws *f, const char *path)
{
    char key[128];
    json_t *parent = walk(f, path, key, sizeof(key));

    return json_is_array(parent) ? json_array_get(parent, (size_t)strtoull(key, NULL, 10))
                                 : json_object_get(parent, key);
}

void fake_aws_put(struct fake_aws *f, const char *path, json_t *value)
{
    char key[128];
    json_t *parent = walk(f, path, key, sizeof(key));

    if (!value)
        json_object_del(parent, key);
    else if (json_is_array(parent))
        json_array_append_new(parent, value);
    else
        json_object_set_new(parent, key, value);
}

size_t fake_aws_count(const struct fake_aws *f, const char *prefix)
{
    size_t i, n = 0;
    json_t *v;

    json_array_foreach(f->calls, i, v)
        n += str_starts(json_string_value(v), prefix);
    return n;
}

size_t fake_aws_writes(const struct fake_aws *f)
{
    size_t i, n = 0;
    json_t *v;

    json_array_foreach(f->calls, i, v) {
        const char *action = strchr(json_string_value(v), ':') + 1;

        n += !str_starts(action, "Get") && !str_starts(action, "List") &&
             !str_starts(action, "Describe");
    }
    return n;
}

void fake_aws_forget_calls(struct fake_aws *f)
{
    json_array_clear(f->calls);
    json_array_clear(f->asked);
}
