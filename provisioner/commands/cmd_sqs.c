/* cmd_sqs.c: `fifoq sqs`. */
#include "clock.h"
#include "commands/verb.h"
#include "env.h"
#include "files.h"
#include "json.h"
#include "mem.h"
#include "sqs/sqs_server.h"
#include "ui/interrupt.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNT "123456789012" /* the example account of AWS's documentation and of moto */
#define REGION  "us-east-1"
enum { POLL_MS = 50 };

static int read_rules(const char *path, json_t **out, struct err *e)
{
    auto_free char *text = NULL;

    if (file_read(path, &text, e) < 0)
        return -1;
    if (!text)
        return err_set(e, ERR_IO, "'%s' not found", path);
    return json_parse(text, strlen(text), out, e) < 0 ? err_wrap(e, "%s", path) : 0;
}

static const char *region_of(const struct options *o)
{
    const char *region = o->region;

    region = region ? region : env_get("AWS_REGION");
    region = region ? region : env_get("AWS_DEFAULT_REGION");
    return region ? region : REGION;
}

static int sqs_verb_run(const struct options *o, struct err *e)
{
    auto_json json_t *rules = NULL;
    struct sqs_server *server = NULL;
    struct sqs_server_options how = { 0 };

    if (o->faults && read_rules(o->faults, &rules, e) < 0)
        return -1;
    if (o->port > UINT16_MAX)
        return err_set(e, ERR_USAGE, "--port: expected at most 65535");
    how = (struct sqs_server_options){
        .account = o->account ? o->account : ACCOUNT,
        .region = region_of(o),
        .port = (uint16_t)o->port,
        .virtual_clock = o->virtual_clock,
        .rules = rules,
        .seed = (uint64_t)o->seed,
    };
    if (sqs_server_start(&how, &server, e) < 0)
        return -1;
    (void)printf("listening on %s\n", sqs_server_url(server));
    if (!o->quiet)
        (void)printf("export AWS_ENDPOINT_URL_SQS=%s\n", sqs_server_url(server));
    (void)fflush(stdout);
    while (!interrupted())
        clock_sleep_ms(POLL_MS);
    sqs_server_stop(server);
    return EXIT_DONE;
}

#define MEMBER(m) offsetof(struct options, m)
static const struct option_row sqs_verb_options[] = {
    { "port", 0, OPTION_NUMBER, MEMBER(port), "N", NULL, "listen on this port (any free port)" },
    { "virtual-clock", 0, OPTION_FLAG, MEMBER(virtual_clock), NULL, NULL,
      "stop the clock; only POST /_fifoq/clock advances it" },
    { "faults", 0, OPTION_TEXT, MEMBER(faults), "FILE", NULL,
      "JSON rules for injected faults (docs/guides/dev.md)" },
    { "seed", 0, OPTION_NUMBER, MEMBER(seed), "N", NULL,
      "random seed for fault probabilities (0)" },
    { "account", 0, OPTION_TEXT, MEMBER(account), "ID", NULL,
      "the account in the queues' ARNs (" ACCOUNT ")" },
    OPTIONS_END,
};

const struct verb verb_sqs = {
    .name = "sqs",
    .summary = "run an SQS server with real FIFO queues on this machine, for tests",
    .details = "Message groups, visibility, deduplication, receive attempts, dead-letter queues "
               "and errors as on AWS; in memory, on 127.0.0.1, until Ctrl-C. Requests must be "
               "signed; any key is accepted.",
    .options = sqs_verb_options,
    .run = sqs_verb_run,
};
