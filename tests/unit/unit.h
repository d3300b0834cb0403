/* unit.h: cmocka with what it needs before it. */
#ifndef FIFOQ_UNIT_H
#define FIFOQ_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
