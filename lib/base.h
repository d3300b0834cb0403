/* base.h: what every file needs: errors, memory that never fails, cleanup by scope. */
#ifndef FIFOQ_BASE_H
#define FIFOQ_BASE_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTOF(a)      (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, at) __attribute__((format(printf, fmt, at)))
#define CHECKED         __attribute__((warn_unused_result))

/* Released when the variable leaves its scope; initialise it where it is declared. */
#define auto_free __attribute__((cleanup(free_ptr)))
#define auto_json __attribute__((cleanup(json_decrefp)))

/* Hand ownership out of a scope that would otherwise release it. */
#define steal(p)                                                                                   \
    __extension__({                                                                                \
        __auto_type stolen_ = (p);                                                                 \
        (p) = NULL;                                                                                \
        stolen_;                                                                                   \
    })

enum err_code {
    ERR_OK,
    ERR_USAGE,       /* the command line */
    ERR_CONFIG,      /* fifoq.yaml or a template */
    ERR_IO,          /* a file or a terminal */
    ERR_PARSE,       /* foreign bytes that are not what they should be */
    ERR_NET,         /* no answer: refused, reset, name not found, TLS */
    ERR_TIMEOUT,     /* no answer in time: whether the work was done is unknown */
    ERR_CREDENTIALS, /* none found, or expired */
    ERR_AWS,         /* AWS said no; aws_code says which no */
    ERR_NOT_FOUND,   /* AWS said that it does not exist */
    ERR_REFUSED,     /* we do not, to protect something */
    ERR_INTERRUPTED, /* the user asked us to stop */
};

/* Owned by the caller, usually main. The first failure fills it, outer layers may add context. */
struct err {
    enum err_code code;
    bool unknown;        /* the request may have arrived: whether the work was done is not known */
    bool explained;      /* the message says already who is to blame and what to do */
    int status;          /* the HTTP status of an answer, 0 when there was none */
    char aws_code[96];   /* ERR_AWS, ERR_NOT_FOUND: the service's error code, without namespace */
    char request_id[64]; /* the same: what AWS support asks for; "" when unknown */
    char msg[1200];
};

/* Fill *e and answer -1, so that `return err_set(e, ...)` is one statement. All the
 * rest is cleared. The message is made plain (plain.h): it may quote what came from elsewhere. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
/* Put "text: " before the message; everything else stays. Answers -1. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Call once, first thing in main: jansson then takes memory from here. */
void base_init(void);

/* Nothing of this process's memory gets into a core file, whatever ends it; call it early in main.
 * Children may write cores of their own only where they raise the limit again. */
void base_no_core(void);

/* Never NULL: running out of memory ends the program. Free with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size); /* zeroed */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);
void free_ptr(void *pp); /* for auto_free: frees *pp */

/* free() that first overwrites the block; NULL is fine. What jansson and curl release goes through
 * it. */
void free_cleansed(void *p);
/* realloc() that leaves no old copy behind: the old block is overwritten. */
void *realloc_cleansed(void *old, size_t size);
/* For memory that held a secret: overwritten, then freed, when the variable leaves its scope. */
#define auto_secret __attribute__((cleanup(free_cleansed_ptr)))
void free_cleansed_ptr(void *pp);

/* Lower-case hexadecimal of n bytes; out takes 2 * n + 1 bytes. */
void hex_encode(const unsigned char *data, size_t n, char *out);
/* SHA-256 as 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const void *data, size_t n, char out[static 65]);
/* Standard base64 with padding, a new string. */
char *base64_encode(const void *data, size_t n);
/* The bytes of a base64 text, NUL-terminated, length in *n; NULL when it is not base64. */
unsigned char *base64_decode(const char *text, size_t *n);

/* n random bytes from the system; for identifiers and jitter. */
void random_bytes(void *out, size_t n);

/* "~" and "~/..." with HOME in the place of the tilde, anything else as it is; the caller's. */
char *path_at_home(const char *path);

/* Takes one line break (LF or CRLF) off the end. */
void str_chomp(char *s);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_fits_header(const char *s); /* RFC 9110 section 5.5: no control characters but tabs */
bool str_has_word(const char *words, const char *word); /* words: blanks between them */

#endif
