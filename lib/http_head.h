/*
 * http_head.h: whether bytes from the wire are a valid answer. Pure; used by lib/http.c and the
 * simulated wire of the tests. A cut-off or ambiguous answer is invalid: its status must not be
 * used.
 * https://www.rfc-editor.org/rfc/rfc9112 sections 2.2, 4, 5, 6.1, 6.3, 8
 */
#ifndef FIFOQ_HTTP_HEAD_H
#define FIFOQ_HTTP_HEAD_H

#include "http.h"

/* Zeroed: nothing was received. */
struct http_head {
    int status;  /* of the last status line; 0: none yet */
    bool inside; /* after a status line, before its empty line */
    bool whole;  /* the final head (not 1xx) is complete: body and trailers follow */
    bool http_1_0, chunked, sized;
    bool framing;      /* the last header says where the body ends */
    uint64_t length;   /* Content-Length, when sized */
    const char *wrong; /* why this is invalid, static; NULL: nothing so far */
};

/*
 * Reads one line with its line end into *h, and its header into *r (names in lower case). A 1xx
 * answer and its headers are dropped when the next status line is read; trailers are dropped.
 */
void http_head_line(struct http_head *h, struct http_response *r, const char *line, size_t n);
/*
 * After the last byte: NULL when the answer is whole, otherwise why not, as "its head is cut off".
 * body_len: bytes of content received; bodiless: the request was a HEAD.
 */
const char *http_head_wrong(const struct http_head *h, bool bodiless, uint64_t body_len);

#endif
