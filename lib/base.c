/* base.c: errors, memory, and the few conversions that everything needs. */
#include "base.h"

#include "plain.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    char text[sizeof(e->msg)];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap); /* a message that is too long is cut */
    va_end(ap);
    text_plain(text, true);
    *e = (struct err){ .code = code };
    memcpy(e->msg, text, sizeof(text));
    return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
    char inner[sizeof(e->msg)];
    va_list ap;
    size_t n;

    memcpy(inner, e->msg, sizeof(inner));
    va_start(ap, fmt);
    (void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
    va_end(ap);
    text_plain(e->msg, true);
    n = strlen(e->msg);
    (void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", inner);
    return -1;
}

static void *or_die(void *p)
{
    if (!p) {
        (void)fputs("fifoq: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t size)
{
    return or_die(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return or_die(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
    return or_die(realloc(p, size ? size : 1));
}

char *xstrndup(const char *s, size_t n)
{
    char *copy = xmalloc(n + 1);

    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    char *s;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    s = xmalloc((size_t)n + 1);
    va_start(ap, fmt);
    (void)vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

void free_ptr(void *pp)
{
    free(*(void **)pp);
}

void free_cleansed(void *p)
{
    if (!p)
        return;
    OPENSSL_cleanse(p, malloc_usable_size(p));
    free(p);
}

void free_cleansed_ptr(void *pp)
{
    free_cleansed(*(void **)pp);
}

void *realloc_cleansed(void *old, size_t size)
{
    void *p = xmalloc(size);

    if (old) {
        size_t have = malloc_usable_size(old);
        memcpy(p, old, have < size ? have : size);
        free_cleansed(old);
    }
    return p;
}

/* The limit is for files; where cores are piped to a program it does not count, and only what may
 * not be dumped stays away: core(5). */
void base_no_core(void)
{
    static const struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &none); /* lowering is always allowed */
    (void)prctl(PR_SET_DUMPABLE, 0);
}

void base_init(void)
{
    json_set_alloc_funcs(xmalloc, free_cleansed);
}

void hex_encode(const unsigned char *data, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * n] = '\0';
}

void sha256_hex(const void *data, size_t n, char out[static 65])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256(data, n, digest);
    hex_encode(digest, sizeof(digest), out);
}

char *base64_encode(const void *data, size_t n)
{
    char *out = xmalloc(4 * ((n + 2) / 3) + 1);

    EVP_EncodeBlock((unsigned char *)out, data, (int)n);
    return out;
}

unsigned char *base64_decode(const char *text, size_t *n)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text), data = strspn(text, alphabet), padding = strspn(text + data, "=");
    unsigned char *out;

    /* EVP_DecodeBlock alone would accept blanks and too much padding */
    if (len % 4 || data + padding != len || padding > 2 || len > INT32_MAX)
        return NULL;
    out = xmalloc(len + 1);
    if (EVP_DecodeBlock(out, (const unsigned char *)text, (int)len) < 0) {
        free(out);
        return NULL;
    }
    *n = len / 4 * 3 - padding;
    out[*n] = '\0';
    return out;
}

void random_bytes(void *out, size_t n)
{
    if (RAND_bytes(out, (int)n) != 1)
        abort();
}

char *path_at_home(const char *path)
{
    const char *home = getenv("HOME");

    if (home && path[0] == '~' && (path[1] == '/' || !path[1]))
        return xasprintf("%s%s", home, path + 1);
    return xstrdup(path);
}

void str_chomp(char *s)
{
    size_t n = strlen(s);

    if (n && s[n - 1] == '\n')
        s[--n] = '\0';
    else
        return;
    if (n && s[n - 1] == '\r')
        s[n - 1] = '\0';
}

bool str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && strcmp(s + n - m, suffix) == 0;
}

bool str_fits_header(const char *s)
{
    for (; *s; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
            return false;
    return true;
}

bool str_has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = words; *p;) {
        size_t len = strcspn(p, " ");

        if (len == n && !memcmp(p, word, n))
            return true;
        p += len + (p[len] == ' ');
    }
    return false;
}
