/* sqs_call.c: a call's parameters, errors and batches. */
#include "sqs/sqs_call.h"

#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_ID_MAX = 80 };

int sqs_fail(struct sqs_call *c, enum sqs_error error, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    free(c->message);
    if (vasprintf(&c->message, fmt, args) < 0)
        abort(); /* out of memory ends the program */
    va_end(args);
    c->error = error;
    return -1;
}

int sqs_refuse(struct sqs_call *c, const char *name, const char *value, const char *reason)
{
    return sqs_fail(c, SQS_INVALID_PARAMETER, "Value %s for parameter %s is invalid. Reason: %s",
                    value, name, reason);
}

/* The member; NULL: absent or null. */
static const json_t *parameter(const json_t *in, const char *name)
{
    const json_t *v = json_object_get(in, name);
    return json_is_null(v) ? NULL : v;
}

int sqs_text(struct sqs_call *c, const json_t *in, const char *name, const char **out)
{
    const json_t *v = parameter(in, name);
    const char *text = json_string_value(v);
    if (v && (!text || strlen(text) != json_string_length(v)))
        return sqs_fail(c, SQS_SERIALIZATION, "%s: expected a string", name);
    *out = text;
    return 0;
}

int sqs_need(struct sqs_call *c, const json_t *in, const char *name, const char **out)
{
    const char *text = NULL;
    if (sqs_text(c, in, name, &text) < 0)
        return -1;
    if (!text || !*text)
        return sqs_fail(c, SQS_MISSING_PARAMETER, "The request must contain the parameter %s.",
                        name);
    *out = text;
    return 0;
}

int sqs_integer(struct sqs_call *c, const json_t *in, const char *name, int64_t *out)
{
    const json_t *v = parameter(in, name);
    if (v && !json_is_integer(v))
        return sqs_fail(c, SQS_SERIALIZATION, "%s: expected an integer", name);
    if (v)
        *out = json_integer_value(v);
    return 0;
}

static bool entry_id_is_well_formed(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return n > 0 && n <= ENTRY_ID_MAX && !id[n];
}

static int check_ids(struct sqs_call *c, const json_t *entries)
{
    auto_json json_t *seen = json_object();
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(entries, i, entry) {
        const char *id = NULL;
        if (!json_is_object(entry))
            return sqs_fail(c, SQS_SERIALIZATION, "Entries: expected objects");
        if (sqs_text(c, entry, "Id", &id) < 0)
            return -1;
        if (!id)
            return sqs_fail(c, SQS_MISSING_PARAMETER, "The request must contain the parameter Id.");
        if (!entry_id_is_well_formed(id))
            return sqs_fail(c, SQS_INVALID_BATCH_ID,
                            "A batch entry id can only contain alphanumeric characters, hyphens "
                            "and underscores. It can be at most 80 letters long.");
        if (json_object_get(seen, id))
            return sqs_fail(c, SQS_BATCH_IDS_NOT_DISTINCT, "Id %s repeated.", id);
        json_object_set_new(seen, id, json_true());
    }
    return 0;
}

int sqs_entries(struct sqs_call *c, const json_t **out)
{
    const json_t *entries = parameter(c->in, "Entries");
    if (entries && !json_is_array(entries))
        return sqs_fail(c, SQS_SERIALIZATION, "Entries: expected a list");
    if (json_array_size(entries) == 0)
        return sqs_fail(c, SQS_EMPTY_BATCH, "There should be at least one entry in the request.");
    if (json_array_size(entries) > SQS_BATCH_MAX)
        return sqs_fail(c, SQS_TOO_MANY_ENTRIES,
                        "Maximum number of entries per request are %d. You have sent %zu.",
                        SQS_BATCH_MAX, json_array_size(entries));
    if (check_ids(c, entries) < 0)
        return -1;
    *out = entries;
    return 0;
}

/* The last sqs_fail as an entry of Failed. */
static json_t *failed(const struct sqs_call *c, const char *id)
{
    auto_free char *code = sqs_error_code(c->error);
    return json_pack("{s:s, s:b, s:s, s:s}", "Id", id, "SenderFault", sqs_error_senders(c->error),
                     "Code", code, "Message", c->message);
}

static int run_entry(struct sqs_call *c, const json_t *entry, size_t i, sqs_entry_fn *one,
                     json_t *out)
{
    bool chosen = (c->fault->entries >> i) & 1;
    if (!(c->fault->kind == SQS_PARTIAL && chosen) && one(c, entry, out) < 0)
        return -1;
    if ((c->fault->kind == SQS_PARTIAL || c->fault->kind == SQS_PARTIAL_DONE) && chosen)
        return sqs_fail(c, SQS_INTERNAL, "We encountered an internal error. Please try again.");
    return 0;
}

int sqs_batch(struct sqs_call *c, sqs_entry_fn *one)
{
    const json_t *entries = NULL;
    size_t i = 0;
    const json_t *entry = NULL;
    auto_json json_t *done = json_array(), *not_done = json_array();

    if (sqs_entries(c, &entries) < 0)
        return -1;
    json_array_foreach(entries, i, entry) {
        const char *id = jget_str(entry, "Id");
        auto_json json_t *out = json_pack("{s:s}", "Id", id);
        if (run_entry(c, entry, i, one, out) < 0)
            json_array_append_new(not_done, failed(c, id));
        else
            json_array_append(done, out);
    }
    if (json_array_size(done))
        json_object_set(c->out, "Successful", done);
    if (json_array_size(not_done))
        json_object_set(c->out, "Failed", not_done);
    return 0;
}
