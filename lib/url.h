/*
 * url.h: the parts of a URL by RFC 3986 section 3. Nothing is decoded, checked or changed: what is
 * signed, compared and shown must be what the transport sends, byte for byte.
 *
 * libcurl's own parser is not used for this: it allocates every part, changes the spelling of hosts
 * (127.1, %31) and refuses texts that messages have to name without a password.
 * tests/unit/test_url.c compares the two.
 */
#ifndef FIFOQ_URL_H
#define FIFOQ_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed from the text; s is NULL when the URL has no such part, and n 0. */
struct url_part {
    const char *s;
    size_t n;
};

struct url {
    struct url_part scheme;    /* "https" */
    struct url_part authority; /* "user:password@host:port": what is before the path; never NULL */
    struct url_part user;      /* all before the last '@' */
    struct url_part host;      /* "[::1]" with its brackets; never NULL */
    struct url_part port;      /* everything after the host's ':', digits or not */
    struct url_part path;      /* "/a/b", or empty; never NULL */
    struct url_part query;     /* the text after '?', without the fragment */
};

/* Only the authority, where nothing else matters: the path begins after it. */
struct url_part url_authority(const char *text);

/* Accepts any text: one without "scheme://" begins with its authority. */
struct url url_split(const char *text);

/* Whether the URL's scheme is this one, in any case. */
bool url_has_scheme(const char *url, const char *scheme);

/* A new string, the caller's; "" when the part is missing. */
char *url_part_text(struct url_part part);

#endif
