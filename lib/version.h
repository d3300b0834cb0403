/* version.h: this build. */
#ifndef FIFOQ_VERSION_H
#define FIFOQ_VERSION_H

#define FIFOQ_VERSION "0.1.0"

#ifdef __aarch64__
#define FIFOQ_MACHINE "aarch64"
#else
#define FIFOQ_MACHINE "x86_64"
#endif
/* What AWS is told of us (RFC 9110 section 10.1.5). */
#define FIFOQ_USER_AGENT "fifoq/" FIFOQ_VERSION " (linux; " FIFOQ_MACHINE ")"

#endif
