/* macros.h: compiler attributes and sizes. */
#ifndef FIFOQ_MACROS_H
#define FIFOQ_MACROS_H

#define COUNTOF(a)      (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, at) __attribute__((format(printf, fmt, at)))
#define CHECKED         __attribute__((warn_unused_result))

#endif
