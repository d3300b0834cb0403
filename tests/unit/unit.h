/* unit.h: cmocka with the headers that it needs. */
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
