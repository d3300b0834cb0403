/* entry.c: rendering, and rejects: what happens to a record that cannot be rendered. */
#include "entry.h"

#include "json_write.h"
#include "log.h"
#include "mem.h"
#include "wave.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_GROUP "fifoq"

void entry_plan_init(struct entry_plan *p, const struct settings *s)
{
    *p = (struct entry_plan){ .settings = s };
    record_uses_add(&p->group, s->ingest.group);
    record_uses_add(&p->message, s->ingest.message);
    record_uses_add(&p->all, s->ingest.group);
    record_uses_add(&p->all, s->ingest.message);
}

void entry_plan_done(struct entry_plan *p)
{
    record_uses_done(&p->group);
    record_uses_done(&p->message);
    record_uses_done(&p->all);
}

static int render_group(struct entry *e, const struct entry_plan *p, const struct record_texts *t,
                        struct err *why)
{
    const struct settings *s = p->settings;
    auto_json json_t *values = NULL;
    auto_buf text = BUF(BUF_SMALL * 8); /* an item's largest key and more */

    if (s->ingest.group == NULL) {
        buf_puts(&text, DEFAULT_GROUP);
    } else {
        values = record_values(&e->record, t, &p->group, s->table);
        if (template_render_text(s->ingest.group, values, TEMPLATE_PLAIN, &text, why) < 0)
            return err_wrap(why, "group");
    }
    if (buf_failed(&text))
        return err_set(why, ERR_PARSE, "group: the text is too long");
    queue_identifier(buf_str(&text), text.len, e->group);
    return 0;
}

static int render_message(const struct entry *e, const struct entry_plan *p,
                          const struct record_texts *t, struct buf *out, struct err *why)
{
    const struct settings *s = p->settings;
    auto_json json_t *values = record_values(&e->record, t, &p->message, s->table);
    auto_json json_t *message = NULL;

    if (template_render(s->ingest.message, values, &message, why) < 0)
        return err_wrap(why, "message");
    exact_text(message, out);
    return 0;
}

static int render_body(struct entry *e, const struct entry_plan *p, const struct record_texts *t,
                       struct err *why)
{
    const struct buf *plain = &t->images[IMAGE_ITEM];
    auto_buf rendered = BUF(BUF_LARGE);
    auto_buf safe = BUF(WAVE_BYTES);

    if (p->settings->ingest.message) {
        if (render_message(e, p, t, &rendered, why) < 0)
            return -1;
        plain = &rendered;
    }
    queue_safe_json(buf_str(plain), plain->len, &safe);
    if (buf_failed(plain) || buf_failed(&safe))
        return err_set(why, ERR_PARSE, "message: larger than 1 MiB, the most that SQS accepts");
    e->body_len = safe.len;
    e->body = buf_steal(&safe);
    return 0;
}

void entry_make(struct entry *e, const struct entry_plan *p)
{
    struct record_texts texts = { 0 };
    struct err why = { 0 };

    e->state = ENTRY_SEND;
    if (record_texts_read(&e->record, &p->all, &texts, &why) < 0 ||
        render_group(e, p, &texts, &why) < 0 || render_body(e, p, &texts, &why) < 0)
        entry_reject(e, p->settings, why.msg);
    record_texts_done(&texts);
}

/* The whole record, so that nothing is lost, with its origin and the reason. */
static int make_dead_letter(struct entry *e, const char *reason)
{
    auto_buf raw = BUF(BUF_LARGE);
    auto_buf safe = BUF(BUF_LARGE);
    struct queue_message m;

    json_write_compact(&e->record.raw, &raw);
    json_decref(e->attributes);
    e->attributes = json_object();
    queue_attribute(e->attributes, "fifoq-id", e->record.id);
    queue_attribute(e->attributes, "fifoq-reason", reason);
    queue_attribute(e->attributes, "fifoq-sequence", e->record.sequence);
    queue_safe_json(buf_str(&raw), raw.len, &safe);
    free_cleansed(e->body);
    e->body_len = safe.len;
    e->body = buf_steal(&safe);
    if (e->group[0] == '\0')
        memcpy(e->group, DEFAULT_GROUP, sizeof(DEFAULT_GROUP));
    m = entry_message(e);
    return queue_message_size(&m) > WAVE_BYTES ? -1 : 0;
}

static void log_reject(const struct entry *e, enum log_level level, const char *message,
                       const char *reason)
{
    log_event(level, message, "reason", reason, "id", e->record.id, "group",
              e->group[0] ? e->group : NULL, "sequence", e->record.sequence, NULL);
}

void entry_reject(struct entry *e, const struct settings *s, const char *reason)
{
    bool was_dead = e->state == ENTRY_DEAD;

    e->rejected = true;
    if (!was_dead && s->ingest.on_reject == REJECT_DROP) {
        e->state = ENTRY_SKIP;
        log_reject(e, LOG_WARN, "dropped: a record cannot become a message", reason);
    } else if (!was_dead && s->ingest.on_reject == REJECT_DEAD_LETTER &&
               make_dead_letter(e, reason) == 0) {
        e->state = ENTRY_DEAD;
        log_reject(e, LOG_WARN, "to the dead letters: a record cannot become a message", reason);
    } else {
        e->state = ENTRY_BLOCKED;
        log_reject(e, LOG_ERROR, "blocked: a record cannot become a message", reason);
    }
}

void entry_done(struct entry *e)
{
    free_cleansed(e->body);
    json_decref(e->attributes);
    stream_record_done(&e->record);
    *e = (struct entry){ 0 };
}

struct queue_message entry_message(const struct entry *e)
{
    return (struct queue_message){
        .body = e->body,
        .body_len = e->body_len,
        .group = e->group,
        .dedup = e->record.id,
        .attributes = e->attributes,
    };
}
