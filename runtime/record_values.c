/* record_values.c: see record_values.h. */
#include "record_values.h"

#include "attributes.h"
#include "clock.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const char *const image_roots[IMAGES] = { [IMAGE_ITEM] = "item", [IMAGE_OLD] = "old" };

static void add_member(struct record_uses *u, int image, const char *member)
{
    const char ***names = &u->images[image].names;
    size_t *n = &u->images[image].n;

    for (size_t i = 0; i < *n; i++)
        if (strcmp((*names)[i], member) == 0)
            return;
    *names = xrealloc(*names, (*n + 1) * sizeof(**names));
    (*names)[(*n)++] = member;
}

/* A name that an exact tree protects is looked up in a tree of the whole image. */
static void add_use(void *arg, const char *root, const char *member)
{
    struct record_uses *u = arg;

    u->event = u->event || strcmp(root, "event") == 0;
    u->table = u->table || strcmp(root, "table") == 0;
    for (int i = 0; i < IMAGES; i++) {
        if (strcmp(root, image_roots[i]) != 0)
            continue;
        u->images[i].whole = u->images[i].whole || !member || (unsigned char)*member < ' ';
        if (member)
            add_member(u, i, member);
    }
}

void record_uses_add(struct record_uses *u, const struct template *t)
{
    if (t)
        template_each_use(t, add_use, u);
}

void record_uses_done(struct record_uses *u)
{
    for (int i = 0; i < IMAGES; i++)
        free(u->images[i].names);
    *u = (struct record_uses){ 0 };
}

static bool is_used(const struct record_uses *u, int image)
{
    return u->images[image].whole || u->images[image].n;
}

static int read_image(struct record_texts *t, int image, const struct json_piece *typed,
                      struct err *e)
{
    struct attribute_picks picks = { .names = t->uses->images[image].names,
                                     .n = t->uses->images[image].n };

    picks.values = t->members[image] = xcalloc(picks.n, sizeof(*picks.values));
    t->has[image] = true;
    return attributes_text(typed, &picks, &t->images[image], e);
}

int record_texts_read(const struct stream_record *r, const struct record_uses *uses,
                      struct record_texts *out, struct err *e)
{
    struct json_piece item = stream_record_item(r);

    *out = (struct record_texts){ .uses = uses, .images = { BUF(BUF_LARGE), BUF(BUF_LARGE) } };
    if (!item.s)
        return err_set(e, ERR_PARSE, "no image and no keys");
    if (read_image(out, IMAGE_ITEM, &item, e) < 0)
        return -1;
    if (!r->old_image.s || !is_used(uses, IMAGE_OLD))
        return 0;
    return read_image(out, IMAGE_OLD, &r->old_image, e);
}

void record_texts_done(struct record_texts *t)
{
    for (int i = 0; i < IMAGES; i++) {
        buf_done(&t->images[i]);
        free(t->members[i]);
    }
}

static json_t *tree_of(const struct json_piece *text)
{
    struct err unused;
    json_t *v = NULL;

    return exact_parse(text->s, text->n, &v, &unused) < 0 ? json_null() : v; /* valid: it is ours */
}

static const struct json_piece *member_text(const struct record_texts *t, int image,
                                            const char *name)
{
    for (size_t i = 0; i < t->uses->images[image].n; i++)
        if (strcmp(t->uses->images[image].names[i], name) == 0)
            return &t->members[image][i];
    return NULL;
}

static json_t *members_tree(const struct record_texts *t, int image, const struct record_uses *u)
{
    json_t *out = json_object();

    for (size_t i = 0; i < u->images[image].n; i++) {
        const char *name = u->images[image].names[i];
        const struct json_piece *text = member_text(t, image, name);

        if (text && text->s)
            json_object_set_new_nocheck(out, name, tree_of(text));
    }
    return out;
}

/* A tree only of what a template looks into. */
static json_t *image_value(const struct record_texts *t, int image, const struct record_uses *u)
{
    const struct buf *text = &t->images[image];
    const struct json_piece all = { .s = buf_str(text), .n = text->len };

    if (!u->images[image].whole)
        return members_tree(t, image, u);
    return u->images[image].n ? tree_of(&all) : exact_unparsed(all.s, all.n);
}

static json_t *event_values(const struct stream_record *r)
{
    json_t *event = json_object();
    char time[CLOCK_TEXT];

    json_object_set_new(event, "id", exact_string(r->id, strlen(r->id)));
    json_object_set_new(event, "name", exact_string(r->name, strlen(r->name)));
    json_object_set_new(event, "sequence", exact_string(r->sequence, strlen(r->sequence)));
    if (r->created_s > 0) {
        clock_rfc3339((int64_t)(r->created_s * 1000 + 0.5), time);
        json_object_set_new(event, "time", exact_string(time, strlen(time)));
    }
    return event;
}

json_t *record_values(const struct stream_record *r, const struct record_texts *t,
                      const struct record_uses *u, const char *table)
{
    json_t *values = json_object();

    for (int i = 0; i < IMAGES; i++)
        if (t->has[i] && is_used(u, i))
            json_object_set_new(values, image_roots[i], image_value(t, i, u));
    if (u->event)
        json_object_set_new(values, "event", event_values(r));
    if (u->table)
        json_object_set_new(values, "table", exact_string(table, strlen(table)));
    return values;
}
