/*
 * http_head.h: whether bytes from the wire are an answer. Pure; lib/http.c and the simulated wire
 * of the tests ask it. What is cut off or ambiguous is no answer: nobody may act on its status.
 * https://www.rfc-editor.org/rfc/rfc9112 sections 2.2, 4, 5, 6.1, 6.3, 8
 */
#ifndef FIFOQ_HTTP_HEAD_H
#define FIFOQ_HTTP_HEAD_H

#include "http.h"

/* Zeroed: nothing has come. */
struct http_head {
    int status;  /* of the last status line; 0: none yet */
    bool inside; /* after a status line, before its empty line */
    bool whole;  /* the final head (not 1xx) has ended: what comes now is body and trailers */
    bool http_1_0, chunked, sized;
    bool framing;      /* the last header says where the body ends */
    uint64_t length;   /* Content-Length, when sized */
    const char *wrong; /* why this cannot become an answer, static; NULL: nothing so far */
};

/*
 * Takes one line with its line end into *h, and its header into *r (names in lower case). A 1xx
 * answer and its headers are dropped when the next status line comes; trailers are dropped.
 */
void http_head_line(struct http_head *h, struct http_response *r, const char *line, size_t n);
/*
 * After the last byte: NULL when a whole answer came, otherwise why not, as "its head is cut off".
 * body_len: bytes of content that came; bodiless: the request was a HEAD.
 */
const char *http_head_wrong(const struct http_head *h, bool bodiless, uint64_t body_len);

#endif
