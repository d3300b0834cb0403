/* cmd_version.c: `fifoq version`. */
#include "commands/verb.h"
#include "kinds/package.h"
#include "mem.h"
#include "ui/plan_print.h"
#include "version.h"

#include <stdio.h>

static const char *const architectures[] = { "arm64", "x86_64" };

static void print_text(void)
{
    (void)printf("fifoq %s\n", FIFOQ_VERSION);
    for (size_t i = 0; i < COUNTOF(architectures); i++) {
        auto_free char *code = package_code(architectures[i]);
        (void)printf("bootstrap %-7s %s\n", architectures[i], code ? code : "none");
    }
}

static int version_run(const struct options *o, struct err *e)
{
    json_t *bootstraps = NULL;
    auto_json json_t *document = NULL;

    (void)e;
    if (o->format == FORMAT_TEXT) {
        print_text();
        return EXIT_DONE;
    }

    document = json_pack("{s:s}", "version", FIFOQ_VERSION);
    bootstraps = json_object();
    for (size_t i = 0; i < COUNTOF(architectures); i++) {
        auto_free char *code = package_code(architectures[i]);
        (void)json_object_set_new(bootstraps, architectures[i],
                                  code ? json_string(code) : json_null());
    }
    (void)json_object_set_new(document, "bootstraps", bootstraps);
    json_print(document, stdout);
    return EXIT_DONE;
}

const struct verb verb_version = {
    .name = "version",
    .summary = "show the versions of fifoq and of the bootstraps inside",
    .run = version_run,
};
