/* sqs_message.c: checks a message's content, and computes its size and digests.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
#include "sqs/sqs_message.h"

#include "encode.h"
#include "mem.h"
#include "text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    ATTRIBUTES_MAX = 10,
    ATTRIBUTE_NAME_MAX = 256,
    IDENTIFIER_MAX = 128,
};

static bool refused_at(const unsigned char *s, size_t left)
{
    if (s[0] < ' ')
        return s[0] != '\t' && s[0] != '\n' && s[0] != '\r';
    /* U+FFFE and U+FFFF; the JSON parser refuses surrogates */
    return left >= 3 && s[0] == 0xEF && s[1] == 0xBF && s[2] >= 0xBE;
}

bool sqs_characters(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (refused_at((const unsigned char *)text + i, n - i))
            return false;
    return true;
}

bool sqs_identifier(const char *text)
{
    size_t n = 0;
    while (text[n] > ' ' && text[n] <= '~')
        n++;
    return n > 0 && n <= IDENTIFIER_MAX && !text[n];
}

static void digest_text(EVP_MD_CTX *ctx, char out[static SQS_MD5_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_DigestFinal_ex(ctx, digest, &n) != 1)
        abort();
    hex_encode(digest, n, out);
}

static EVP_MD_CTX *md5_start(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_md5(), NULL) != 1)
        abort(); /* out of memory, or an OpenSSL without MD5 */
    return ctx;
}

void sqs_md5(const void *data, size_t n, char out[static SQS_MD5_TEXT])
{
    EVP_MD_CTX *ctx = md5_start();
    (void)EVP_DigestUpdate(ctx, data, n);
    digest_text(ctx, out);
    EVP_MD_CTX_free(ctx);
}

static void put_with_length(EVP_MD_CTX *ctx, const void *data, size_t n)
{
    const unsigned char length[] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                     (unsigned char)(n >> 8), (unsigned char)n };
    (void)EVP_DigestUpdate(ctx, length, sizeof(length));
    (void)EVP_DigestUpdate(ctx, data, n);
}

static bool is_binary(const json_t *attribute)
{
    const char *type = jget_str(attribute, "DataType");
    return type && str_starts(type, "Binary");
}

static void put_attribute(EVP_MD_CTX *ctx, const char *name, const json_t *a)
{
    bool binary = is_binary(a);
    const char *type = jget_str(a, "DataType"),
               *value = jget_str(a, binary ? "BinaryValue" : "StringValue");
    size_t n = value ? strlen(value) : 0;
    auto_free unsigned char *bytes = binary && value ? base64_decode(value, &n) : NULL;
    put_with_length(ctx, name, strlen(name));
    put_with_length(ctx, type ? type : "", type ? strlen(type) : 0);
    (void)EVP_DigestUpdate(ctx, binary ? "\2" : "\1", 1);
    put_with_length(ctx, bytes ? (const void *)bytes : value ? value : "", n);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void sqs_attributes_md5(const json_t *attributes, char out[static SQS_MD5_TEXT])
{
    const char *names[ATTRIBUTES_MAX], *name = NULL;
    json_t *a = NULL;
    size_t n = 0;
    EVP_MD_CTX *ctx = NULL;

    json_object_foreach((json_t *)attributes, name, a) {
        if (n < COUNTOF(names))
            names[n++] = name;
    }
    qsort(names, n, sizeof(names[0]), by_text);
    ctx = md5_start();
    for (size_t i = 0; i < n; i++)
        put_attribute(ctx, names[i], json_object_get(attributes, names[i]));
    digest_text(ctx, out);
    EVP_MD_CTX_free(ctx);
}

static size_t attribute_size(const char *name, const json_t *a)
{
    const char *type = jget_str(a, "DataType"), *text = jget_str(a, "StringValue"),
               *base64 = jget_str(a, "BinaryValue");
    size_t n = 0;
    auto_free unsigned char *bytes = base64 ? base64_decode(base64, &n) : NULL;
    return strlen(name) + (type ? strlen(type) : 0) + (text ? strlen(text) : 0) + (bytes ? n : 0);
}

size_t sqs_entry_size(const json_t *in)
{
    size_t size = json_string_length(json_object_get(in, "MessageBody"));
    const char *name = NULL;
    json_t *a = NULL;
    json_object_foreach(jget_obj(in, "MessageAttributes"), name, a) {
        size += attribute_size(name, a);
    }
    return size;
}

static bool name_is_well_formed(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    return n > 0 && n <= ATTRIBUTE_NAME_MAX && !name[n] && name[0] != '.' && name[n - 1] != '.' &&
           !strstr(name, "..") && strncasecmp(name, "AWS.", 4) != 0 &&
           strncasecmp(name, "Amazon.", 7) != 0;
}

static bool type_is(const char *type, const char *name)
{
    size_t n = strlen(name);
    return strncmp(type, name, n) == 0 && (type[n] == '\0' || type[n] == '.');
}

static bool is_number(const char *text)
{
    char *end = NULL;
    (void)strtod(text, &end);
    return *text && !*end && !strpbrk(text, "xXnN \t");
}

static int check_value(struct sqs_call *c, const char *name, const json_t *a, const char *type)
{
    const char *text = NULL, *base64 = NULL;
    const char *value = NULL;
    size_t n = 0;
    auto_free unsigned char *bytes = NULL;

    if (sqs_text(c, a, "StringValue", &text) < 0 || sqs_text(c, a, "BinaryValue", &base64) < 0)
        return -1;
    value = is_binary(a) ? base64 : text;
    bytes = is_binary(a) && value ? base64_decode(value, &n) : NULL;
    if (!value || !*value)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "The message attribute '%s' must contain a non-empty message attribute "
                        "value for message attribute type '%s'.",
                        name, type);
    if (is_binary(a) ? !bytes : !sqs_characters(value, strlen(value)))
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "The message attribute '%s' contains invalid characters.", name);
    if (type_is(type, "Number") && !is_number(value))
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Can't cast the value of message (user) attribute '%s' to a number.", name);
    return 0;
}

static int check_attribute(struct sqs_call *c, const char *name, const json_t *a)
{
    const char *type = NULL;
    if (!name_is_well_formed(name))
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "The message attribute name '%s' is not valid: A-Z, a-z, 0-9, '_', '-' and "
                        "single '.' inside, at most 256, not beginning with AWS. or Amazon.",
                        name);
    if (!json_is_object(a))
        return sqs_fail(c, SQS_SERIALIZATION, "MessageAttributes: expected objects");
    if (sqs_text(c, a, "DataType", &type) < 0)
        return -1;
    if (!type || !*type)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "The message attribute '%s' must contain a non-empty message attribute "
                        "type.",
                        name);
    if (strlen(type) > ATTRIBUTE_NAME_MAX ||
        (!type_is(type, "String") && !type_is(type, "Number") && !type_is(type, "Binary")))
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "The type of message attribute '%s' is invalid. You must use only the "
                        "following supported type prefixes: Binary, Number, String.",
                        name);
    return check_value(c, name, a, type);
}

int sqs_message_attributes(struct sqs_call *c, const json_t *in, json_t **out, size_t *size)
{
    json_t *all = json_object_get(in, "MessageAttributes"), *a = NULL;
    const char *name = NULL;
    *out = NULL;
    if (!all || json_is_null(all))
        return 0;
    if (!json_is_object(all))
        return sqs_fail(c, SQS_SERIALIZATION, "MessageAttributes: expected an object");
    if (json_object_size(all) > ATTRIBUTES_MAX)
        return sqs_fail(c, SQS_INVALID_PARAMETER,
                        "Number of message attributes [%zu] exceeds the allowed maximum [%d].",
                        json_object_size(all), ATTRIBUTES_MAX);
    json_object_foreach(all, name, a) {
        if (check_attribute(c, name, a) < 0)
            return -1;
        *size += attribute_size(name, a);
    }
    *out = json_object_size(all) ? all : NULL;
    return 0;
}

int sqs_trace_header(struct sqs_call *c, const json_t *in, const char **out)
{
    const json_t *all = json_object_get(in, "MessageSystemAttributes"), *a = NULL;
    const char *name = NULL;
    *out = NULL;
    json_object_foreach((json_t *)all, name, a) {
        if (strcmp(name, "AWSTraceHeader") != 0)
            return sqs_fail(c, SQS_INVALID_PARAMETER,
                            "Message system attribute name '%s' is invalid.", name);
        if (sqs_text(c, a, "StringValue", out) < 0)
            return -1;
        if (!*out || !**out ||
            !type_is(jget_str(a, "DataType") ? jget_str(a, "DataType") : "", "String"))
            return sqs_fail(c, SQS_INVALID_PARAMETER,
                            "The message system attribute 'AWSTraceHeader' must contain a "
                            "non-empty value of type 'String'.");
    }
    return 0;
}
