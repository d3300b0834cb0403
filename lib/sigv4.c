/* sigv4.c: the three stages of a signature, in functions with the specification's names. */
#include "sigv4.h"

#include "encode.h"
#include "mem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { DATE_DIGITS = 8, KEYS_MAX = 4 };

struct span {
    const char *s;
    size_t n;
};

static struct span span_until(const char *s, const char *stops)
{
    return (struct span){ s, strcspn(s, stops) };
}

static bool span_is(struct span a, const char *text)
{
    return a.n == strlen(text) && memcmp(a.s, text, a.n) == 0;
}

/* RFC 3986 section 6: "." and ".." and empty segments are removed; the rest is encoded once more.
 */
static void canonical_path(const char *path, struct buf *out)
{
    auto_free struct span *kept = xcalloc(strlen(path) + 1, sizeof(*kept));
    size_t n = 0, len = strlen(path);

    for (const char *p = path; *p;) {
        struct span segment = span_until(p, "/");

        if (span_is(segment, ".."))
            n -= n > 0;
        else if (segment.n && !span_is(segment, "."))
            kept[n++] = segment;
        p += segment.n + (p[segment.n] == '/');
    }
    for (size_t i = 0; i < n; i++) {
        buf_putc(out, '/');
        buf_uri(out, kept[i].s, kept[i].n, false);
    }
    if (!n || path[len - 1] == '/')
        buf_putc(out, '/');
}

/* Decoded, then encoded strictly. */
static char *encode_again(struct span text)
{
    auto_buf plain = BUF(text.n);
    auto_buf out = BUF(3 * text.n);

    buf_uri_decode(&plain, text.s, text.n);
    buf_uri(&out, buf_str(&plain), plain.len, false);
    return buf_steal(&out);
}

struct pair {
    char *name, *value;
};

static int pair_compare(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->value, y->value);
}

static struct pair pair_parse(struct span part)
{
    const char *equals = memchr(part.s, '=', part.n);
    size_t n = equals ? (size_t)(equals - part.s) : part.n;
    struct span value = { part.s + n + (equals != NULL), part.n - n - (equals != NULL) };

    return (struct pair){ encode_again((struct span){ part.s, n }), encode_again(value) };
}

static void canonical_query(const char *query, struct buf *out)
{
    auto_free struct pair *pairs = xcalloc(strlen(query) + 1, sizeof(*pairs));
    size_t n = 0;

    for (const char *p = query; *p;) {
        struct span part = span_until(p, "&");

        pairs[n++] = pair_parse(part);
        p += part.n + (p[part.n] == '&');
    }
    qsort(pairs, n, sizeof(*pairs), pair_compare);
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "%s%s=%s", i ? "&" : "", pairs[i].name, pairs[i].value);
        free(pairs[i].name);
        free(pairs[i].value);
    }
}

static int header_compare(const void *a, const void *b)
{
    const struct http_header *const *x = a, *const *y = b;
    int order = strcasecmp((*x)->name, (*y)->name);

    return order ? order : (*x > *y) - (*x < *y); /* repeated ones keep their order */
}

/* The caller frees the array. */
static const struct http_header **headers_sorted(const struct sigv4_request *q)
{
    const struct http_header **sorted = xcalloc(q->n_headers, sizeof(struct http_header *));

    for (size_t i = 0; i < q->n_headers; i++)
        sorted[i] = &q->headers[i];
    qsort(sorted, q->n_headers, sizeof(struct http_header *), header_compare);
    return sorted;
}

static void lower(const char *name, struct buf *out)
{
    for (; *name; name++) {
        char c = *name;

        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        buf_putc(out, c);
    }
}

/* Trimmed; each run of white space inside becomes one space. */
static void trimmed(const char *value, struct buf *out)
{
    static const char blanks[] = " \t\r\n\v\f";
    bool first = true;

    for (value += strspn(value, blanks); *value; value += strspn(value, blanks)) {
        struct span word = span_until(value, blanks);

        if (!first)
            buf_putc(out, ' ');
        buf_add(out, word.s, word.n);
        value += word.n;
        first = false;
    }
}

static bool same_name(const struct http_header *const *sorted, size_t i)
{
    return i > 0 && strcasecmp(sorted[i]->name, sorted[i - 1]->name) == 0;
}

static void canonical_headers(const struct http_header *const *sorted, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (same_name(sorted, i)) {
            buf_putc(out, ',');
        } else {
            buf_puts(out, i ? "\n" : "");
            lower(sorted[i]->name, out);
            buf_putc(out, ':');
        }
        trimmed(sorted[i]->value, out);
    }
    buf_putc(out, '\n');
}

static void signed_headers(const struct http_header *const *sorted, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (same_name(sorted, i))
            continue;
        buf_puts(out, i ? ";" : "");
        lower(sorted[i]->name, out);
    }
}

void sigv4_canonical_request(const struct sigv4_request *q, struct buf *out)
{
    auto_free const struct http_header **sorted = headers_sorted(q);
    char hash[65];

    buf_printf(out, "%s\n", q->method);
    canonical_path(q->path, out);
    buf_putc(out, '\n');
    canonical_query(q->query ? q->query : "", out);
    buf_putc(out, '\n');
    canonical_headers(sorted, q->n_headers, out);
    buf_putc(out, '\n');
    signed_headers(sorted, q->n_headers, out);
    sha256_hex(q->body ? q->body : "", q->body_len, hash);
    buf_printf(out, "\n%s", hash);
}

static void credential_scope(const struct sigv4_scope *s, struct buf *out)
{
    buf_printf(out, "%.*s/%s/%s/aws4_request", DATE_DIGITS, s->time, s->region, s->service);
}

void sigv4_string_to_sign(const struct sigv4_scope *s, const char *canonical, size_t n,
                          struct buf *out)
{
    char hash[65];

    sha256_hex(canonical, n, hash);
    buf_printf(out, ALGORITHM "\n%s\n", s->time);
    credential_scope(s, out);
    buf_printf(out, "\n%s", hash);
}

struct key {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    size_t n;
};

static void key_next(struct key *k, const void *data, size_t n)
{
    struct key next;
    unsigned int len = 0;

    if (!HMAC(EVP_sha256(), k->bytes, (int)k->n, data, n, next.bytes, &len))
        abort(); /* only when out of memory */
    next.n = len;
    *k = next;
    OPENSSL_cleanse(&next, sizeof(next));
}

/* The key of the day, region and service. */
static void signing_key(const struct sigv4_scope *s, struct key *k)
{
    auto_secret char *first = xasprintf("AWS4%s", s->secret);
    unsigned int len = 0;

    if (!HMAC(EVP_sha256(), first, (int)strlen(first), (const unsigned char *)s->time, DATE_DIGITS,
              k->bytes, &len))
        abort();
    k->n = len;
    key_next(k, s->region, strlen(s->region));
    key_next(k, s->service, strlen(s->service));
    key_next(k, "aws4_request", strlen("aws4_request"));
}

struct kept_key {
    unsigned char of[SHA256_DIGEST_LENGTH]; /* what it was derived from */
    struct key key;                         /* n is 0: none */
};

struct sigv4_keys {
    pthread_mutex_t lock; /* guards what follows */
    struct kept_key kept[KEYS_MAX];
    unsigned derived;
};

struct sigv4_keys *sigv4_keys_new(void)
{
    struct sigv4_keys *keys = xcalloc(1, sizeof(*keys));

    (void)pthread_mutex_init(&keys->lock, NULL);
    return keys;
}

void sigv4_keys_free(struct sigv4_keys *keys)
{
    if (!keys)
        return;
    (void)pthread_mutex_destroy(&keys->lock);
    OPENSSL_cleanse(keys, sizeof(*keys));
    free(keys);
}

unsigned sigv4_keys_derived(struct sigv4_keys *keys)
{
    unsigned derived;

    (void)pthread_mutex_lock(&keys->lock);
    derived = keys->derived;
    (void)pthread_mutex_unlock(&keys->lock);
    return derived;
}

/* With the lock held. */
static const struct key *kept_key(struct sigv4_keys *keys, const struct sigv4_scope *s,
                                  const unsigned char of[static SHA256_DIGEST_LENGTH])
{
    struct kept_key *oldest;

    for (size_t i = 0; i < KEYS_MAX; i++)
        if (keys->kept[i].key.n && CRYPTO_memcmp(keys->kept[i].of, of, SHA256_DIGEST_LENGTH) == 0)
            return &keys->kept[i].key;
    oldest = &keys->kept[keys->derived++ % KEYS_MAX];
    OPENSSL_cleanse(oldest, sizeof(*oldest));
    memcpy(oldest->of, of, SHA256_DIGEST_LENGTH);
    signing_key(s, &oldest->key);
    return &oldest->key;
}

static void find_key(const struct sigv4_scope *s, struct key *out)
{
    unsigned char of[SHA256_DIGEST_LENGTH];
    auto_secret char *all = NULL;

    if (!s->keys) {
        signing_key(s, out);
        return;
    }
    all = xasprintf("%.*s\n%s\n%s\n%s", DATE_DIGITS, s->time, s->region, s->service, s->secret);
    SHA256((const unsigned char *)all, strlen(all), of);
    (void)pthread_mutex_lock(&s->keys->lock);
    *out = *kept_key(s->keys, s, of);
    (void)pthread_mutex_unlock(&s->keys->lock);
}

void sigv4_signature(const struct sigv4_scope *s, const char *string_to_sign, size_t n,
                     char out[static 65])
{
    struct key k;

    find_key(s, &k);
    key_next(&k, string_to_sign, n);
    hex_encode(k.bytes, k.n, out);
    OPENSSL_cleanse(&k, sizeof(k));
}

static void authorization_value(const struct sigv4_request *q, const struct sigv4_scope *s,
                                const char *signature, struct buf *out)
{
    auto_free const struct http_header **sorted = headers_sorted(q);

    buf_printf(out, ALGORITHM " Credential=%s/", s->key_id);
    credential_scope(s, out);
    buf_puts(out, ", SignedHeaders=");
    signed_headers(sorted, q->n_headers, out);
    buf_printf(out, ", Signature=%s", signature);
}

char *sigv4_authorization(const struct sigv4_request *q, const struct sigv4_scope *s)
{
    auto_buf canonical = BUF(BUF_LARGE);
    auto_buf to_sign = BUF(BUF_SMALL);
    auto_buf value = BUF(BUF_LARGE);
    char signature[65];

    sigv4_canonical_request(q, &canonical);
    sigv4_string_to_sign(s, buf_str(&canonical), canonical.len, &to_sign);
    sigv4_signature(s, buf_str(&to_sign), to_sign.len, signature);
    authorization_value(q, s, signature, &value);
    return buf_steal(&value);
}
