/* preflight_parts.h: what the files of the checks before the first write share. */
#ifndef FIFOQ_PIPELINE_PREFLIGHT_PARTS_H
#define FIFOQ_PIPELINE_PREFLIGHT_PARTS_H

#include "buf.h"
#include "pipeline/preflight.h"

#define DAY_MS 86400000LL

/* Appends a number with commas: "12,000". */
void put_count(struct buf *out, long long n);
/* Appends an approximate time span: "40 s", "6 min", "2.5 h", "3 d". */
void put_span(struct buf *out, double seconds);

/* What the row has now; borrowed, NULL if it is unknown. */
const json_t *preflight_have(const struct preflight_facts *f, enum row_line line);
/* How long the queue keeps a message, in seconds; -1 if unknown. */
long long preflight_retention_s(const struct preflight_facts *f);

/* Messages waiting now must be delivered before the queue deletes them, and so must messages that
 * arrive right after a run. */
enum preflight_verdict preflight_capacity(const struct preflight_facts *f, struct buf *out);
/* What ingest's order costs: calls for each record, records per second, and how far ingest falls
 * behind at the table's write capacity. */
enum preflight_verdict preflight_ingest(const struct preflight_facts *f, struct buf *out);

#endif
