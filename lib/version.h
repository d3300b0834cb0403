/* version.h: this build. */
#ifndef FIFOQ_VERSION_H
#define FIFOQ_VERSION_H

#define FIFOQ_VERSION "0.1.0"

#endif
