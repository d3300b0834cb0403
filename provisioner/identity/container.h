/* container.h: which endpoints may provide a container's credentials. */
#ifndef FIFOQ_CONTAINER_H
#define FIFOQ_CONTAINER_H

#include <stdbool.h>

/* True for https, and for http to a loopback address or to AWS's addresses for containers. */
bool container_url_allowed(const char *url);

#endif
