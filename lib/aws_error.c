/* aws_error.c: turns an answer without success into one line that helps. */
#include "aws_wire.h"
#include "json.h"
#include "mem.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* Copies on one line, without control characters or double spaces; cut after a whole character. */
static void one_line(const char *text, size_t n, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < n && len + 1 < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c > ' ' && c != 0x7f)
            out[len++] = text[i];
        else if (len && out[len - 1] != ' ')
            out[len++] = ' ';
    }
    if (len + 1 == size) /* the cut may be inside a character of several bytes */
        while (len && (unsigned char)out[len - 1] >= 0x80)
            len--;
    while (len && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
}

static void to_ascii(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
}

/* "com.amazonaws.sqs#QueueDoesNotExist", "ValidationException:http://internal.example/",
 * "Code;Sender" */
static void code_copy(const char *text, struct aws_fault *f)
{
    const char *hash = strchr(text, '#'), *start = hash ? hash + 1 : text;

    one_line(start, strcspn(start, ":;"), f->code, sizeof(f->code));
    to_ascii(f->code);
}

/* A signature error repeats the headers that we signed, the session token among them. */
static void message_copy(const char *text, struct aws_fault *f)
{
    const char *echo = strstr(text, "The Canonical String");
    size_t n;

    one_line(text, echo ? (size_t)(echo - text) : strlen(text), f->message, sizeof(f->message));
    n = strlen(f->message);
    if (n && f->message[n - 1] == '.')
        f->message[n - 1] = '\0';
}

static const char *first_str(const json_t *o, const char *const *names)
{
    const char *s = NULL;

    for (; !s && *names; names++)
        s = jget_path_str(o, *names);
    return s;
}

static void fault_from_json(const struct http_response *r, struct aws_fault *f)
{
    static const char *const codes[] = { "__type", "code", "Code", "Error.Code", NULL };
    static const char *const messages[] = { "message", "Message", "errorMessage", "Error.Message",
                                            NULL };
    auto_json json_t *body = NULL;
    struct err unused;
    const char *text;

    if (json_parse(r->body, r->body_len, &body, &unused) < 0)
        return;
    if ((text = first_str(body, codes)))
        code_copy(text, f);
    if ((text = first_str(body, messages)))
        message_copy(text, f);
}

static size_t entity(const char *s, char *out)
{
    static const struct {
        const char *text;
        char c;
    } entities[] = { { "&amp;", '&' },  { "&lt;", '<' },    { "&gt;", '>' },
                     { "&quot;", '"' }, { "&apos;", '\'' }, { "&#39;", '\'' },
                     { "&#34;", '"' },  { "&#xA;", ' ' },   { "&#10;", ' ' } };

    for (size_t i = 0; i < COUNTOF(entities); i++) {
        if (str_starts(s, entities[i].text)) {
            *out = entities[i].c;
            return strlen(entities[i].text);
        }
    }
    *out = *s;
    return 1;
}

/* The text of the first element of that name, entities decoded; NULL: not found. The caller frees.
 */
static char *element_text(const char *xml, const char *name)
{
    auto_free char *open = xasprintf("<%s>", name);
    const char *start = strstr(xml, open);
    size_t n, len = 0;
    char *text;

    if (!start)
        return NULL;
    start += strlen(open);
    n = strcspn(start, "<");
    text = xmalloc(n + 1);
    for (size_t i = 0; i < n;)
        i += entity(start + i, &text[len++]);
    text[len] = '\0';
    return text;
}

/* "<UnknownOperationException/>": the whole answer of some front ends. */
static void code_from_root(const char *xml, struct aws_fault *f)
{
    const char *root = strchr(xml, '<');
    size_t n = root ? strcspn(root + 1, " />") : 0;
    auto_free char *name = xstrndup(n ? root + 1 : "", n);

    if (str_ends(name, "Exception"))
        code_copy(name, f);
}

static void fault_from_xml(const struct http_response *r, struct aws_fault *f)
{
    auto_free char *code = element_text(r->body, "Code");
    auto_free char *message = element_text(r->body, "Message");
    auto_free char *id = element_text(r->body, "RequestId");

    if (code)
        code_copy(code, f);
    else
        code_from_root(r->body, f);
    if (message) {
        to_ascii(message);
        message_copy(message, f);
    }
    if (id && !f->request_id[0])
        one_line(id, strlen(id), f->request_id, sizeof(f->request_id));
    to_ascii(f->request_id);
}

void aws_request_id(const struct http_response *r, char *out, size_t size)
{
    const char *id = http_header_get(r, "x-amzn-requestid");

    if (!id)
        id = http_header_get(r, "x-amz-request-id");
    one_line(id ? id : "", id ? strlen(id) : 0, out, size);
    to_ascii(out);
}

void aws_fault_read(const struct http_response *r, struct aws_fault *f)
{
    static const char *const headers[] = { "x-amzn-errortype", "x-amzn-query-error" };
    const char *start = r->body + strspn(r->body, " \t\r\n");

    *f = (struct aws_fault){ 0 };
    aws_request_id(r, f->request_id, sizeof(f->request_id));
    if (*start == '{')
        fault_from_json(r, f);
    else if (*start == '<')
        fault_from_xml(r, f);
    for (size_t i = 0; !f->code[0] && i < COUNTOF(headers); i++) {
        const char *value = http_header_get(r, headers[i]);
        if (value)
            code_copy(value, f);
    }
}

/* What each code means, and what the user can do about it. A service's own codes for what does not
 * exist are in lib/aws_actions.c. */
static const struct rule {
    const char *service; /* NULL: any */
    const char *code;
    enum err_code as;
    const char *hint; /* NULL: AWS's own message is enough */
} rules[] = {
    { NULL, "ResourceNotFoundException", ERR_NOT_FOUND, NULL },
#define EXPIRED "the credentials have expired; renew them and try again"
    { NULL, "ExpiredToken", ERR_CREDENTIALS, EXPIRED },
    { NULL, "ExpiredTokenException", ERR_CREDENTIALS, EXPIRED },
#define UNKNOWN "AWS does not know these credentials; check access key ID, session token and region"
    { NULL, "InvalidClientTokenId", ERR_CREDENTIALS, UNKNOWN },
    { NULL, "InvalidAccessKeyId", ERR_CREDENTIALS, UNKNOWN },
    { NULL, "InvalidToken", ERR_CREDENTIALS, UNKNOWN },
    { NULL, "UnrecognizedClientException", ERR_CREDENTIALS, UNKNOWN },
#define WRONG "the secret access key does not match the access key ID"
    { NULL, "InvalidSignatureException", ERR_CREDENTIALS, WRONG },
    { NULL, "SignatureDoesNotMatch", ERR_CREDENTIALS, WRONG },
#define UNSIGNED "the signature did not arrive; check for a proxy that removes headers"
    { NULL, "IncompleteSignature", ERR_CREDENTIALS, UNSIGNED },
    { NULL, "IncompleteSignatureException", ERR_CREDENTIALS, UNSIGNED },
    { NULL, "MissingAuthenticationToken", ERR_CREDENTIALS, UNSIGNED },
    { NULL, "MissingAuthenticationTokenException", ERR_CREDENTIALS, UNSIGNED },
#define CLOCK "set this machine's clock"
    { NULL, "RequestExpired", ERR_AWS, CLOCK },
    { NULL, "RequestTimeTooSkewed", ERR_AWS, CLOCK },
    { NULL, "OptInRequired", ERR_AWS, "enable the service or region for this account" },
    { "lambda", "CodeStorageExceededException", ERR_AWS, "delete unused function versions" },
};

static const struct rule *rule_find(const char *service, const char *code)
{
    for (size_t i = 0; i < COUNTOF(rules); i++)
        if (strcmp(rules[i].code, code) == 0 &&
            (!rules[i].service || strcmp(rules[i].service, service) == 0))
            return &rules[i];
    return NULL;
}

static enum err_code code_meaning(const struct aws_service *s, const struct rule *rule,
                                  const char *code)
{
    if (rule)
        return rule->as;
    return aws_code_not_found(s, code) ? ERR_NOT_FOUND : ERR_AWS;
}

static bool is_denial(const char *code)
{
    return strcmp(code, "AccessDenied") == 0 || strcmp(code, "AccessDeniedException") == 0 ||
           strcmp(code, "UnauthorizedOperation") == 0;
}

/* IAM actions that are not named like the API's. */
static const char *iam_action(const char *action)
{
    static const struct {
        const char *action, *iam;
    } others[] = {
        { "ChangeMessageVisibilityBatch", "ChangeMessageVisibility" },
        { "DeleteMessageBatch", "DeleteMessage" },
        { "Invoke", "InvokeFunction" },
        { "SendMessageBatch", "SendMessage" },
    };

    for (size_t i = 0; i < COUNTOF(others); i++)
        if (strcmp(others[i].action, action) == 0)
            return others[i].iam;
    return action;
}

/* Causes that only AWS's message tells, not the code. The first match counts.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
static const char *hint_by_words(const char *message)
{
    static const struct {
        const char *words, *hint;
    } hints[] = {
        { "service control policy",
          "a policy of your organisation denies it; ask its administrators what it requires" },
        { "resource control policy",
          "a policy of your organisation denies it; ask its administrators what it requires" },
        { "permissions boundary", "the permissions boundary of these credentials denies it" },
        { "session policy", "the policy of this session denies it" },
        { "VPC endpoint policy", "the policy of a VPC endpoint denies it" },
        { "explicit deny", "a policy denies it explicitly; another policy cannot allow it" },
        /* quotas of a new account */
        { "less than or equal to 3008", "this account's functions have at most 3008 MB; lower "
                                        "functions.memory, or ask AWS Support for more" },
    };

    for (size_t i = 0; i < COUNTOF(hints); i++) {
        if (strstr(message, hints[i].words))
            return hints[i].hint;
    }
    return NULL;
}

/* What to do next; "" when AWS said it already. */
static void hint_write(const struct aws *a, const struct aws_service *s, const char *action,
                       const struct aws_fault *f, const struct rule *rule, struct buf *out)
{
    const char *words = hint_by_words(f->message);

    if (words) {
        buf_printf(out, "; %s", words);
        return;
    }
    if (rule && rule->hint)
        buf_printf(out, "; %s", rule->hint);
    else if (is_denial(f->code) && !strstr(f->message, "not authorized to perform"))
        buf_printf(out, "; these credentials need the IAM action '%s:%s'", s->name,
                   iam_action(action));
    if (is_denial(f->code) && a->permits && a->permits->hint)
        buf_printf(out, "; %s", a->permits->hint);
}

/* The first words of an unexpected answer: a page's title, or its text without the tags. */
static void first_words(const char *body, char *out, size_t size)
{
    auto_free char *title = element_text(body, "title");
    const char *text = title ? title : body;
    auto_buf words = BUF(4096);
    bool tag = false;

    for (; *text && words.len < size; text++) {
        tag = *text == '<' || (tag && *text != '>');
        if (!tag && *text == '>')
            buf_putc(&words, ' ');
        else if (!tag)
            buf_putc(&words, *text);
    }
    one_line(buf_str(&words), words.len, out, size);
    to_ascii(out);
}

static int not_aws(const struct http_response *r, struct err *e)
{
    char words[100];

    first_words(r->body, words, sizeof(words));
    if (!words[0] || r->body[strspn(r->body, " \t\r\n")] == '{')
        return err_set(e, ERR_AWS, "HTTP %d without a reason", r->status);
    return err_set(e, ERR_AWS, "HTTP %d, not an AWS error: '%s'", r->status, words);
}

int aws_error(const struct aws *a, const struct aws_service *s, const char *action,
              const char *provider, const struct http_response *r, struct err *e)
{
    auto_buf hint = BUF(BUF_SMALL);
    const struct rule *rule;
    struct aws_fault f;

    aws_fault_read(r, &f);
    rule = rule_find(s->name, f.code);
    hint_write(a, s, action, &f, rule, &hint);
    if (rule && rule->as == ERR_CREDENTIALS && provider)
        buf_printf(&hint, " (from '%s')", provider);
    if (!f.code[0] && !f.message[0])
        (void)not_aws(r, e);
    else
        (void)err_set(e, code_meaning(s, rule, f.code), "%s%s%s%s", f.code,
                      f.code[0] && f.message[0] ? ": " : "", f.message, buf_str(&hint));
    e->status = r->status;
    memcpy(e->aws_code, f.code, sizeof(e->aws_code));
    memcpy(e->request_id, f.request_id, sizeof(e->request_id));
    return -1;
}
