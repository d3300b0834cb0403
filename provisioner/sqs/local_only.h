/* local_only.h: who may ask the servers that listen on 127.0.0.1: programs of this machine, and no
 * web page. */
#ifndef FIFOQ_SQS_LOCAL_ONLY_H
#define FIFOQ_SQS_LOCAL_ONLY_H

#include <microhttpd.h>

/*
 * NULL: nothing speaks against it; else why it is refused, static. A name that leads here by DNS
 * rebinding is in Host; what a browser sends for a page of another origin has Origin, or
 * Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/). SDKs and command lines send neither.
 */
const char *local_only_problem(struct MHD_Connection *c);

#endif
