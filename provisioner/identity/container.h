/* container.h: where credentials of a container may come from. */
#ifndef FIFOQ_CONTAINER_H
#define FIFOQ_CONTAINER_H

#include "base.h"

/* https, or http to a loopback address or to one of those that AWS gives to containers. */
bool container_url_allowed(const char *url);

#endif
