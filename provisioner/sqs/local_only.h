/* local_only.h: lets only programs of this machine, not web pages, use the servers on 127.0.0.1. */
#ifndef FIFOQ_SQS_LOCAL_ONLY_H
#define FIFOQ_SQS_LOCAL_ONLY_H

#include <microhttpd.h>

/* NULL: the request is allowed; otherwise the static reason to refuse it. Host reveals DNS
 * rebinding; Origin or Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/) reveals a browser's
 * request for a page of another origin. SDKs and command-line tools send neither.
 */
const char *local_only_problem(struct MHD_Connection *c);

#endif
