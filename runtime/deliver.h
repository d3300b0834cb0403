/* deliver.h: the current message of a group to its destinations. */
#ifndef FIFOQ_DELIVER_H
#define FIFOQ_DELIVER_H

#include "lease.h"

enum step deliver(struct group *g);

#endif
