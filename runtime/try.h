/*
 * try.h: what drain would make of a configuration: the provisioner's only way into the runtime.
 * `fifoq check` asks the code that will send, instead of repeating its rules. No network here.
 */
#ifndef FIFOQ_TRY_H
#define FIFOQ_TRY_H

#include "json.h"

/* One thing that can never work. path: of the field inside the destination, as settings.json has it
 * ("auth.bearer", "url"; "": the destination itself). text never holds a value. */
typedef void try_report_fn(void *to, const char *path, const char *text);

/*
 * Builds what drain would send to one destination of settings.json for a message that has whatever
 * the templates ask for, and reports what makes it fail whatever the message is. parameters: every
 * NAME that ${param.NAME} may have -> its value, or null where that is not at hand: then a text
 * stands in for it, and what would be read out of it (certificates, keys) is not judged.
 */
void try_destination(const json_t *destination, const json_t *parameters, try_report_fn *report,
                     void *to);

#endif
