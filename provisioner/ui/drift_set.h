/* drift_set.h: the reports of many pipelines as one document. Each pipeline is rendered as soon as
 * it is compared, so that it need not stay in memory. */
#ifndef FIFOQ_DRIFT_SET_H
#define FIFOQ_DRIFT_SET_H

#include "ui/drift_print.h"
#include "ui/format.h"

/* One pipeline. Strings are owned. */
struct drift_entry {
    char *file, *environment;          /* relative to the root; environment may be NULL */
    char *pipeline, *account, *region; /* NULL: it failed before they were known */
    const char *result;                /* "none", "drift", "unreadable", "failed"; NULL: not run */
    char *why;                         /* the totals, or the error */
    json_t *json, *results, *notifications;
    char *junit, *annotations, *text, *markdown; /* text and markdown: NULL if nothing is to say */
    struct junit_counts counts;
};

struct drift_set {
    struct drift_entry *list;
    size_t n;
};

/* formats: a set of 1 << enum format, those that will be printed. e->file is set already. */
void drift_entry_fill(struct drift_entry *e, const struct drift_report *r, unsigned formats);
void drift_entry_fail(struct drift_entry *e, const char *why);
void drift_entry_done(struct drift_entry *e);

/* arg: a struct drift_set; in the formats of drift_print.h. */
void drift_set_text(const struct drift_set *s, FILE *to);
void drift_set_json(const struct drift_set *s, FILE *to);
void drift_set_junit(const struct drift_set *s, FILE *to);
void drift_set_sarif(const struct drift_set *s, FILE *to);
void drift_set_github(const struct drift_set *s, FILE *to);
void drift_set_markdown(const struct drift_set *s, FILE *to);

#endif
