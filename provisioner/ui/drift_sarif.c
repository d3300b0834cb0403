#include "ui/drift_print.h"
void drift_print_sarif(const struct drift_report *r, FILE *to)
{
    drift_print_json(r, to);
}
