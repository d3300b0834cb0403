/*
 * messages.c: saves the messages of queues.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 * SQS returns a group's next messages only after those before them are deleted, so a queue cannot
 * be read without emptying it: receive, write, fsync, delete, batch by batch.
 */
#include "kinds/messages.h"
#include "aws_names.h"
#include "clock.h"
#include "encode.h"
#include "files.h"
#include "kinds/tools.h"
#include "mem.h"
#include "random.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH = 10,  /* SQS's maximum */
    HIDE_S = 60, /* how long a batch is hidden; after a kill it is visible again then */
    POLL_S = 2,  /* long polls ask all of SQS's servers, short ones only some */
    PEEK_S = 1,
    PATIENCE_S = 60, /* added to the queue's own times, for messages in flight */
};

struct source {
    char *name;
    bool fifo;
    long long patience_s; /* by then what somebody holds is visible again */
};

struct save {
    pthread_mutex_t lock; /* held while saving */
    char *file, *part;
    int fd;
    off_t size; /* of complete lines */
    struct source *sources;
    size_t n;
    json_t *ids; /* MessageId of each line */
    bool complete;
    enum err_code failed; /* ERR_OK: not started, or complete */
};

static long long number(const json_t *attributes, const char *name)
{
    const json_t *v = json_object_get(attributes, name);

    if (json_is_integer(v))
        return json_integer_value(v);
    return json_is_string(v) ? strtoll(json_string_value(v), NULL, 10) : 0;
}

struct depth depth_of(const json_t *attributes)
{
    return (struct depth){
        .waiting = number(attributes, "ApproximateNumberOfMessages"),
        .in_flight = number(attributes, "ApproximateNumberOfMessagesNotVisible"),
        .delayed = number(attributes, "ApproximateNumberOfMessagesDelayed"),
    };
}

static json_t *of_queue(const struct ctx *c, const char *queue)
{
    auto_free char *url = aws_queue_url(c->aws, queue);

    return json_pack("{s:s}", "QueueUrl", url);
}

/* SQS always returns the counts: a missing one must not be read as an empty queue. */
static int check_counts(const char *queue, const json_t *attributes, struct err *e)
{
    static const char *const names[] = { "ApproximateNumberOfMessages",
                                         "ApproximateNumberOfMessagesNotVisible",
                                         "ApproximateNumberOfMessagesDelayed" };

    for (size_t i = 0; i < COUNTOF(names); i++) {
        const char *text = jget_str(attributes, names[i]);

        if (!text || !*text || text[strspn(text, "0123456789")])
            return err_set(e, ERR_PARSE, "sqs:GetQueueAttributes: '%s' of '%s' is not a number",
                           names[i], queue);
    }
    return 0;
}

int depth_read(const struct ctx *c, const char *queue, struct depth *out, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *ask = of_queue(c, queue);

    *out = (struct depth){ 0 };
    json_object_set_new(ask, "AttributeNames", json_pack("[s]", "All"));
    if (kind_call(c, &aws_sqs, "GetQueueAttributes", ask, &reply, e) < 0)
        return e->code == ERR_NOT_FOUND ? 0 : -1;
    if (check_counts(queue, jget_obj(reply, "Attributes"), e) < 0)
        return -1;
    *out = depth_of(jget_obj(reply, "Attributes"));
    return 0;
}

/* A long poll asks all of SQS's servers. The message stays visible, and its group is not locked. */
int queue_peek(const struct ctx *c, const char *queue, bool *found, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *ask = of_queue(c, queue);

    json_object_set_new(ask, "MaxNumberOfMessages", json_integer(1));
    json_object_set_new(ask, "VisibilityTimeout", json_integer(0));
    json_object_set_new(ask, "WaitTimeSeconds", json_integer(PEEK_S));
    if (kind_call(c, &aws_sqs, "ReceiveMessage", ask, &reply, e) < 0 && e->code != ERR_NOT_FOUND)
        return -1;
    *found = json_array_size(jget_array(reply, "Messages")) > 0;
    return 0;
}

long long depth_total(const struct depth *d)
{
    return d->waiting + d->in_flight + d->delayed;
}

void depth_text(const struct depth *d, struct buf *out)
{
    buf_printf(out, "%lld", depth_total(d));
    if (d->in_flight)
        buf_printf(out, ", %lld of them in flight", d->in_flight);
    if (d->delayed)
        buf_printf(out, ", %lld of them delayed", d->delayed);
}

static int taken(const char *path, struct err *e)
{
    return err_set(e, ERR_REFUSED,
                   "'%s' already exists, perhaps with messages saved earlier, so nothing was "
                   "changed; use another file",
                   path);
}

/* A new name is on disk only after its folder is synced. Some file systems do not support it. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

int save_new(const char *file, struct save **out, struct err *e)
{
    auto_free char *part = xasprintf("%s.part", file);
    struct save *s;
    int fd;

    if (access(file, F_OK) == 0)
        return taken(file, e);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? taken(part, e)
                               : err_set(e, ERR_IO, "'%s': %s", part, strerror(errno));
    s = xcalloc(1, sizeof(*s));
    *s = (struct save){ .file = xstrdup(file), .part = steal(part), .fd = fd };
    s->ids = json_object();
    sync_folder(s->part);
    (void)pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return 0;
}

void save_free(struct save *s)
{
    if (!s)
        return;
    (void)close(s->fd);
    if (!s->complete && save_count(s) == 0)
        (void)unlink(s->part); /* it holds no message */
    for (size_t i = 0; i < s->n; i++)
        free(s->sources[i].name);
    free(s->sources);
    free(s->file);
    free(s->part);
    json_decref(s->ids);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void save_add(struct save *s, const char *queue, const json_t *attributes)
{
    s->sources = xrealloc(s->sources, (s->n + 1) * sizeof(*s->sources));
    s->sources[s->n++] = (struct source){
        .name = xstrdup(queue),
        .fifo = str_ends(queue, ".fifo"),
        .patience_s = number(attributes, "VisibilityTimeout") + number(attributes, "DelaySeconds") +
                      PATIENCE_S,
    };
}

size_t save_count(const struct save *s)
{
    return json_object_size(s->ids);
}

bool save_complete(const struct save *s)
{
    return s->complete;
}

static int receive(const struct ctx *c, const struct source *q, json_t **messages, struct err *e)
{
    auto_json json_t *reply = NULL;
    json_t *ask = of_queue(c, q->name), *list;
    unsigned char attempt[16];
    char text[2 * sizeof(attempt) + 1];

    random_bytes(attempt, sizeof(attempt));
    hex_encode(attempt, sizeof(attempt), text);
    if (q->fifo) /* a retry of this call then returns the same messages */
        put_str(ask, "ReceiveRequestAttemptId", text);
    json_object_set_new(ask, "MaxNumberOfMessages", json_integer(BATCH));
    json_object_set_new(ask, "VisibilityTimeout", json_integer(HIDE_S));
    json_object_set_new(ask, "WaitTimeSeconds", json_integer(POLL_S));
    json_object_set_new(ask, "MessageSystemAttributeNames", json_pack("[s]", "All"));
    json_object_set_new(ask, "MessageAttributeNames", json_pack("[s]", "All"));
    if (kind_call(c, &aws_sqs, "ReceiveMessage", ask, &reply, e) < 0)
        return -1;
    list = jget_array(reply, "Messages");
    *messages = list ? json_incref(list) : json_array();
    return 0;
}

static void add_line(const struct source *q, const json_t *m, struct buf *out)
{
    static const char *const system[] = { "MessageGroupId", "MessageDeduplicationId",
                                          "SequenceNumber", "SentTimestamp" };
    const json_t *attributes = jget_obj(m, "Attributes");
    auto_json json_t *line = json_object();
    auto_secret char *text = NULL;

    put_str(line, "queue", q->name);
    put_from(line, "MessageId", m);
    for (size_t i = 0; i < COUNTOF(system); i++)
        put_from(line, system[i], attributes);
    put_or(line, "MessageAttributes", json_object_get(m, "MessageAttributes"), json_object());
    put_from(line, "Body", m);
    text = json_text(line);
    buf_puts(out, text);
    buf_putc(out, '\n');
}

/* Writes all lines or none: truncates the file after a failure. */
static int write_lines(struct save *s, const struct buf *lines, struct err *e)
{
    if (write_all(s->fd, buf_str(lines), lines->len) == 0 && fsync(s->fd) == 0) {
        s->size += (off_t)lines->len;
        return 0;
    }
    (void)err_set(e, ERR_IO, "'%s': %s", s->part, strerror(errno));
    if (ftruncate(s->fd, s->size) < 0)
        (void)err_wrap(e, "the last line may be cut");
    return -1;
}

/* Skips a message that is received again because its deletion was lost: it has a line already. */
static int append(struct save *s, const struct source *q, const json_t *messages, struct err *e)
{
    auto_buf lines = BUF(BUF_LARGE);
    auto_json json_t *fresh = json_object();
    json_t *m;
    size_t i;

    json_array_foreach(messages, i, m) {
        const char *id = jget_str(m, "MessageId");

        if (!id || !jget_str(m, "ReceiptHandle") || !jget_str(m, "Body"))
            return err_set(e, ERR_PARSE, "sqs:ReceiveMessage: a message of '%s' is incomplete",
                           q->name);
        if (json_object_get(s->ids, id))
            continue;
        add_line(q, m, &lines);
        json_object_set_new(fresh, id, json_null());
    }
    if (buf_failed(&lines))
        return err_set(e, ERR_PARSE, "sqs:ReceiveMessage: messages of '%s' are too large", q->name);
    if (write_lines(s, &lines, e) < 0)
        return -1;
    json_object_update(s->ids, fresh);
    return 0;
}

/* A message that is not deleted is received again, and its deletion retried. */
static int take_out(const struct ctx *c, const struct source *q, const json_t *messages,
                    struct err *e)
{
    json_t *ask = of_queue(c, q->name), *entries = json_array(), *m;
    size_t i;

    json_array_foreach(messages, i, m) {
        auto_free char *id = xasprintf("%zu", i);

        json_array_append_new(entries, json_pack("{s:s, s:O}", "Id", id, "ReceiptHandle",
                                                 json_object_get(m, "ReceiptHandle")));
    }
    json_object_set_new(ask, "Entries", entries);
    return kind_call(c, &aws_sqs, "DeleteMessageBatch", ask, NULL, e);
}

/* Saves one batch. *left: what the queue still holds if nothing could be received. */
static int move_batch(struct save *s, const struct ctx *c, const struct source *q, bool *moved,
                      struct depth *left, struct err *e)
{
    auto_json json_t *messages = NULL;

    if (receive(c, q, &messages, e) < 0)
        return -1;
    *moved = json_array_size(messages) > 0;
    if (!*moved)
        return depth_read(c, q->name, left, e);
    return append(s, q, messages, e) < 0 ? -1 : take_out(c, q, messages, e);
}

static int empty(struct save *s, const struct ctx *c, const struct source *q, struct err *e)
{
    int64_t last_ms = clock_mono_ms();
    struct depth left = { 0 };
    bool moved;

    for (;;) {
        size_t before = save_count(s);

        if (c->stop && c->stop(c->stop_arg))
            return err_set(e, ERR_INTERRUPTED, "interrupted while '%s' was being saved", q->name);
        if (move_batch(s, c, q, &moved, &left, e) < 0)
            return e->code == ERR_NOT_FOUND ? 0 : -1; /* the queue is gone already */
        if (!moved && depth_total(&left) == 0)
            return 0;
        if (save_count(s) > before)
            last_ms = clock_mono_ms();
        else if (clock_mono_ms() - last_ms > q->patience_s * 1000)
            return err_set(
                e, ERR_TIMEOUT,
                "'%s' is not empty, but no message can be received: another consumer holds them",
                q->name);
    }
}

static int complete(struct save *s, struct err *e)
{
    if (access(s->file, F_OK) == 0)
        return err_set(e, ERR_REFUSED, "'%s' was created in the meantime", s->file);
    if (rename(s->part, s->file) < 0)
        return err_set(e, ERR_IO, "'%s': %s", s->file, strerror(errno));
    sync_folder(s->file);
    s->complete = true;
    return 0;
}

/* Adds to the error where the saved and the unsaved messages are. */
static int fail_half_saved(struct save *s, struct err *e)
{
    struct err why = *e;

    s->failed = why.code;
    (void)err_set(e, why.code,
                  "%s; no queue was deleted. %zu messages are in '%s', the others in their queues: "
                  "keep that file and save the rest with 'fifoq down --export ANOTHER'",
                  why.msg, save_count(s), s->part);
    return -1;
}

static int save_once(struct save *s, const struct ctx *c, struct err *e)
{
    if (s->failed)
        return err_set(e, s->failed, "skipped because the messages could not be saved");
    for (size_t i = 0; i < s->n; i++) {
        if (empty(s, c, &s->sources[i], e) < 0)
            return fail_half_saved(s, e);
    }
    return complete(s, e) < 0 ? fail_half_saved(s, e) : 0;
}

int save_all(struct save *s, const struct ctx *c, struct err *e)
{
    int rc = 0;

    (void)pthread_mutex_lock(&s->lock);
    if (!s->complete)
        rc = save_once(s, c, e);
    (void)pthread_mutex_unlock(&s->lock);
    return rc;
}
