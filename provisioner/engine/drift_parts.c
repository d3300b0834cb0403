/* drift_parts.c: adds one finding with its id. */
#include "engine/drift_parts.h"

#include "encode.h"
#include "mem.h"

#include <string.h>

const char *const drift_words[] = {
    [DRIFT_CHANGED] = "changed",  [DRIFT_MISSING] = "missing", [DRIFT_EXTRA] = "extra",
    [DRIFT_CODE] = "code",        [DRIFT_BUILD] = "build",     [DRIFT_UNHEALTHY] = "unhealthy",
    [DRIFT_UNHEALTHY + 1] = NULL,
};

static void set_id(struct finding *f, const char *pipeline)
{
    auto_free char *text = xasprintf("%s\n%s\n%s\n%s", pipeline, f->row->id,
                                     f->property ? f->property : "", drift_words[f->what]);
    char hex[65];

    sha256_hex(text, strlen(text), hex);
    memcpy(f->id, hex, DRIFT_ID - 1);
    f->id[DRIFT_ID - 1] = '\0';
}

void drift_add(const struct drifting *of, struct finding f)
{
    struct drift *d = of->drift;

    f.row = of->step->row;
    set_id(&f, of->pipeline);
    d->findings = xrealloc(d->findings, (d->n + 1) * sizeof(*d->findings));
    d->findings[d->n++] = f;
}
