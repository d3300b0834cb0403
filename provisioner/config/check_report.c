/* check_report.c: how checks report errors and warnings. */
#include "config/check.h"

void check_wrong(const struct check *c, const char *path, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report_field(c->report, c->positions, false, path, fmt, ap);
    va_end(ap);
}

void check_warn(const struct check *c, const char *path, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report_field(c->report, c->positions, true, path, fmt, ap);
    va_end(ap);
}
