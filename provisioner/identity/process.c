/* process.c: credential_process, a program that prints credentials.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
#include "identity/process.h"

#include "identity/providers.h"
#include "identity/words.h"
#include "json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 120000, GRACE_MS = 10000, SHOWN = 300 };

static const struct creds_members members = {
    .key_id = "AccessKeyId",
    .secret = "SecretAccessKey",
    .token = "SessionToken",
    .expires = "Expiration",
};

/* Turns the program's stderr into one line. */
static void one_line(char *text)
{
    char *out = text;

    for (const char *in = text; *in && out - text < SHOWN; in++) {
        bool blank = iscntrl((unsigned char)*in) || *in == ' ';

        if (!blank)
            *out++ = *in;
        else if (out > text && out[-1] != ' ')
            *out++ = ' ';
    }
    while (out > text && out[-1] == ' ')
        out--;
    *out = '\0';
}

/* The message never contains the output: it may hold secrets. */
static int output_read(const char *text, struct creds *out, struct err *e)
{
    auto_json json_t *printed = NULL;
    const json_t *version;
    struct err unused;

    if (json_parse(text, strlen(text), &printed, &unused) < 0 || !json_is_object(printed))
        return err_set(e, ERR_CREDENTIALS, "expected a JSON object on its stdout");
    version = json_object_get(printed, "Version");
    if (json_number_value(version) != 1)
        return err_set(e, ERR_CREDENTIALS, "invalid 'Version' in its output; expected 1");
    return creds_from_json(printed, &members, out, e);
}

/* After Ctrl-C, a running command may need renewed credentials to finish cleanly: allow a little
 * time. */
static int process_creds(const struct identity *id, char **argv, struct creds *out, struct err *e)
{
    struct process_limits limits = { LIMIT_MS, id->o.stop, id->renewing ? GRACE_MS : 0 };
    struct process_result r = { 0 };
    int rc = process_run(argv, &limits, &r, e);
    bool hit = rc == 0 && r.status != 0 && limits.stop && limits.stop();

    if (hit) /* Ctrl-C reaches the program, too */
        process_result_done(&r);
    if (hit && id->renewing)
        rc = process_run(argv, &limits, &r, e);
    else if (hit)
        rc = err_set(e, ERR_INTERRUPTED, "terminated: interrupted");
    if (rc == 0 && r.status != 0) {
        one_line(r.err);
        rc = err_set(e, ERR_CREDENTIALS, "exited with status %d%s%s", r.status, *r.err ? ": " : "",
                     r.err);
    } else if (rc == 0) {
        rc = output_read(r.out, out, e);
    }
    process_result_done(&r);
    return rc;
}

int provide_process(void *arg, struct creds *out, struct err *e)
{
    const struct asking *a = arg;
    const char *line = asking_get(a, "credential_process");
    char **argv = NULL;
    size_t n = 0;
    int rc;

    if (!line)
        return asking_lacks(a, "credential_process", e);
    if (!words_split(line, &argv, &n) || !n) {
        words_free(argv);
        return err_set(e, ERR_CREDENTIALS,
                       "profile '%s': credential_process is empty or has an unclosed quote",
                       a->profile);
    }
    rc = process_creds(a->id, argv, out, e);
    if (rc < 0)
        (void)err_wrap(e, "profile '%s': credential_process '%s'", a->profile, argv[0]);
    words_free(argv);
    if (rc < 0)
        return -1;
    out->provider = "custom-process";
    return 1;
}
