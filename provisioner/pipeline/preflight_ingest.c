/*
 * preflight_ingest.c: what the order of messages costs: calls, and the rate that ingest can reach.
 * A shard of the stream is read by one run of ingest at a time, and a record is sent only after SQS
 * has answered for the one before it in its group.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 * A partition takes 1,000 writes/s, and each has a shard:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
#include "kinds/dynamodb_stream.h"
#include "pipeline/preflight_parts.h"

enum {
    CALL_MAX = 10,   /* messages in a SendMessageBatch */
    GROUP_RATE = 75, /* records/s of one group, measured with 10 ms for each call */
    PARTITION_WRITES = 1000,
};

/* The writes that one shard may bring in a second; 0: unknown, as with capacity on demand. */
static double writes_of_shard(const struct preflight_facts *f)
{
    const struct step *s = f->plan ? plan_step(f->plan, ROW_TABLE) : NULL;
    long long units = s ? jget_int(s->state.facts, TABLE_WRITE_UNITS, 0) : 0;
    long long partitions = (units + PARTITION_WRITES - 1) / PARTITION_WRITES;

    return partitions > 0 ? (double)units / (double)partitions : 0;
}

static double group_rate(const struct preflight_facts *f)
{
    return f->config->ingest.order == ORDER_BATCH ? GROUP_RATE * CALL_MAX : GROUP_RATE;
}

static void put_growth(double writes, double rate, struct buf *out)
{
    buf_puts(out, "; at the table's write capacity, ");
    put_count(out, (long long)writes);
    buf_puts(out, " writes/s for each shard, the iterator age grows by ");
    put_span(out, 3600 * (1 - rate / writes));
    buf_puts(out, " an hour");
}

enum preflight_verdict preflight_ingest(const struct preflight_facts *f, struct buf *out)
{
    double writes = writes_of_shard(f), rate = group_rate(f);
    bool batch = f->config->ingest.order == ORDER_BATCH;

    if (!f->config->has_ingest)
        return PREFLIGHT_NONE;
    if (f->config->ingest.group) {
        buf_printf(out,
                   "a call of SQS takes up to 10 records%s; one group alone gets about %.0f "
                   "records/s",
                   batch ? "" : ", each of another group", rate);
        return PREFLIGHT_OK;
    }
    buf_printf(out,
               "one group: a call of SQS for %s, about %.0f records/s for each shard of the stream",
               batch ? "up to 10 records" : "each record", rate);
    if (writes > rate)
        put_growth(writes, rate, out);
    buf_printf(out, "; ingest.group sends groups side by side%s",
               batch ? "" : ", up to 10 records in a call, and ingest.order: batch ten of a group");
    return writes > rate ? PREFLIGHT_WARNING : PREFLIGHT_OK;
}
