/*
 * preflight_ingest.c: what the order of messages costs: calls, and the rate that ingest can reach.
 * A shard of the stream is read by one run of ingest at a time, and a record is sent only after SQS
 * has answered for the one before it in its group.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
#include "kinds/dynamodb_stream.h"
#include "pipeline/preflight_parts.h"

enum {
    GROUP_RATE = 75, /* records/s of one group, measured with 10 ms for each call */
    PARTITION_WRITES =
        1000, /* writes/s that a partition takes, and a shard is a partition's:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html */
};

/* The writes that one shard may bring in a second; 0: unknown, as with capacity on demand. */
static double writes_of_shard(const struct preflight_facts *f)
{
    const struct step *s = f->plan ? plan_step(f->plan, ROW_TABLE) : NULL;
    long long units = s ? jget_int(s->state.facts, TABLE_WRITE_UNITS, 0) : 0;
    long long partitions = (units + PARTITION_WRITES - 1) / PARTITION_WRITES;

    return partitions > 0 ? (double)units / (double)partitions : 0;
}

static void put_growth(double writes, struct buf *out)
{
    buf_puts(out, "; at the table's write capacity, ");
    put_count(out, (long long)writes);
    buf_puts(out, " writes/s for each shard, the iterator age grows by ");
    put_span(out, 3600 * (1 - GROUP_RATE / writes));
    buf_puts(out, " an hour");
}

enum preflight_verdict preflight_ingest(const struct preflight_facts *f, struct buf *out)
{
    double writes = writes_of_shard(f);

    if (!f->config->has_ingest)
        return PREFLIGHT_NONE;
    if (f->config->ingest.group) {
        buf_printf(out,
                   "a call of SQS takes up to 10 records, each of another group; one group alone "
                   "gets about %d records/s",
                   GROUP_RATE);
        return PREFLIGHT_OK;
    }
    buf_printf(out,
               "one group: a call of SQS for each record, about %d records/s for each shard of the "
               "stream",
               GROUP_RATE);
    if (writes > GROUP_RATE)
        put_growth(writes, out);
    buf_puts(out, "; ingest.group sends up to 10 records in a call");
    return writes > GROUP_RATE ? PREFLIGHT_WARNING : PREFLIGHT_OK;
}
