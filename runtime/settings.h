/* settings.h: settings.json (docs/internals/settings.md), which the provisioner puts into the
 * package beside the bootstrap. */
#ifndef FIFOQ_SETTINGS_H
#define FIFOQ_SETTINGS_H

#include "destination.h"

/* ERR_CONFIG with the path of what is wrong, ERR_IO when the file cannot be read. *out needs
 * settings_done in either case. */
CHECKED int settings_load(const char *file, struct settings *out, struct err *e);
CHECKED int settings_parse(const char *text, size_t n, struct settings *out, struct err *e);
void settings_done(struct settings *s);
/* What the function's environment adds: FIFOQ_START (2026-01-31T08:00:00Z), which is not in the
 * package because that depends on the configuration alone. ERR_CONFIG: it is not a time. */
CHECKED int settings_environment(struct settings *s, struct err *e);

#endif
