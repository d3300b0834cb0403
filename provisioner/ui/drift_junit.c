#include "ui/drift_print.h"
void drift_print_junit(const struct drift_report *r, FILE *to)
{
    drift_print_json(r, to);
}
