/* sqs_scene.c: an SQS in memory with its own clock. */
#include "sqs_scene.h"

#include "mem.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

#define BASE "http://127.0.0.1:9324"

int sqs_scene_start(void **state)
{
    struct sqs_scene *s = xcalloc(1, sizeof(*s));
    const struct sqs_options o = { "123456789012", "eu-west-1", BASE };
    s->sqs = sqs_new(&o);
    s->now = SQS_START;
    s->handles = json_object();
    *state = s;
    return 0;
}

int sqs_scene_end(void **state)
{
    struct sqs_scene *s = *state;
    sqs_response_done(&s->raw);
    json_decref(s->reply);
    json_decref(s->handles);
    sqs_free(s->sqs);
    free(s);
    return 0;
}

const json_t *sqs_do_json(struct sqs_scene *s, const char *action, json_t *params)
{
    auto_free char *target = xasprintf("AmazonSQS.%s", action);
    if (s->url[0] && !json_object_get(params, "QueueUrl"))
        json_object_set_new(params, "QueueUrl", json_string(s->url));
    auto_free char *body = json_text(params);
    const struct sqs_request q = { target, body, strlen(body), s->fault };
    json_decref(params);
    sqs_response_done(&s->raw);
    sqs_http(s->sqs, s->now, &q, &s->raw);
    s->fault = (struct sqs_fault){ 0 };
    json_decref(s->reply);
    s->reply = json_loadb(s->raw.body, s->raw.body_len, 0, NULL);
    return s->reply;
}

const json_t *sqs_do(struct sqs_scene *s, const char *action, const char *params, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, params);
    assert_true(vasprintf(&text, params, args) >= 0);
    va_end(args);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *in = json_loads(text, 0, NULL);
    if (!in)
        fail_msg("no JSON: %s", text);
    free(text);
    return sqs_do_json(s, action, in);
}

void sqs_turn(struct sqs_scene *s, const char *name)
{
    (void)snprintf(s->url, sizeof(s->url), BASE "/123456789012/%s", name);
}

void sqs_make(struct sqs_scene *s, const char *name, const char *attributes)
{
    bool fifo = str_ends(name, ".fifo");
    s->url[0] = '\0';
    sqs_do(s, "CreateQueue", "{'QueueName':'%s','Attributes':{%s%s%s}}", name,
           fifo ? "'FifoQueue':'true'" : "", fifo && *attributes ? "," : "", attributes);
    sqs_assert_ok(s);
    sqs_turn(s, name);
    assert_string_equal(sqs_said(s, "QueueUrl"), s->url);
}

void sqs_send(struct sqs_scene *s, const char *group, const char *body)
{
    sqs_do(s, "SendMessage",
           "{'MessageBody':'%s','MessageGroupId':'%s','MessageDeduplicationId':'%s'}", body, group,
           body);
    sqs_assert_ok(s);
}

void sqs_send_all(struct sqs_scene *s, const char *list)
{
    while (*list) {
        size_t group = strcspn(list, ":"), all = strcspn(list, " ");
        auto_free char *name = xstrndup(list, group);
        auto_free char *body = xstrndup(list + group + 1, all - group - 1);
        sqs_send(s, name, body);
        list += all + (list[all] == ' ');
    }
}

static void take_handles(struct sqs_scene *s, struct buf *bodies)
{
    size_t i = 0;
    const json_t *m = NULL;
    json_array_foreach(json_object_get(s->reply, "Messages"), i, m) {
        json_object_set(s->handles, jget_str(m, "Body"), json_object_get(m, "ReceiptHandle"));
        buf_printf(bodies, "%s%s", i ? " " : "", jget_str(m, "Body"));
    }
}

void sqs_assert_receive(struct sqs_scene *s, int max, const char *bodies)
{
    auto_buf have = BUF(BUF_LARGE);
    sqs_do(s, "ReceiveMessage",
           "{'MaxNumberOfMessages':%d,'MessageSystemAttributeNames':['All'],"
           "'MessageAttributeNames':['All']}",
           max);
    sqs_assert_ok(s);
    take_handles(s, &have);
    assert_string_equal(buf_str(&have), bodies);
    if (!*bodies)
        assert_null(json_object_get(s->reply, "Messages"));
}

const char *sqs_handle_of(const struct sqs_scene *s, const char *body)
{
    const char *handle = jget_str(s->handles, body);
    if (!handle)
        fail_msg("'%s' was never received", body);
    return handle;
}

void sqs_delete(struct sqs_scene *s, const char *body)
{
    sqs_do(s, "DeleteMessage", "{'ReceiptHandle':'%s'}", sqs_handle_of(s, body));
}

void sqs_change(struct sqs_scene *s, const char *body, int seconds)
{
    sqs_do(s, "ChangeMessageVisibility", "{'ReceiptHandle':'%s','VisibilityTimeout':%d}",
           sqs_handle_of(s, body), seconds);
}

void sqs_assert_ok(const struct sqs_scene *s)
{
    if (s->raw.status != 200 || s->raw.error[0])
        fail_msg("%d %s: %s", s->raw.status, s->raw.error, s->raw.body);
}

void sqs_assert_refused(const struct sqs_scene *s, const char *code, const char *message)
{
    size_t n = strlen(code);
    if (s->raw.status < 400 || strncmp(s->raw.error, code, n) != 0 || s->raw.error[n] != ';')
        fail_msg("%s was expected, not %d %s: %s", code, s->raw.status, s->raw.error, s->raw.body);
    const char *said = sqs_said(s, "message");
    if (message && !strstr(said, message))
        fail_msg("'%s' was expected in '%s'", message, said);
    assert_non_null(strchr(sqs_said(s, "__type"), '#'));
}

const json_t *sqs_said_json(const struct sqs_scene *s, const char *path)
{
    const json_t *v = s->reply;
    while (v && *path) {
        size_t n = strcspn(path, ".");
        auto_free char *name = xstrndup(path, n);
        v = json_is_array(v) ? json_array_get(v, strtoul(name, NULL, 10))
                             : json_object_get(v, name);
        path += n + (path[n] == '.');
    }
    return v;
}

const char *sqs_said(const struct sqs_scene *s, const char *path)
{
    const char *text = json_string_value(sqs_said_json(s, path));
    if (!text)
        fail_msg("no '%s' in %s", path, s->raw.body);
    return text;
}
