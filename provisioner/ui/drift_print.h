/* drift_print.h: prints the findings of `fifoq drift` in six formats with the same content. Secrets
 * are masked in all of them.
 */
#ifndef FIFOQ_DRIFT_PRINT_H
#define FIFOQ_DRIFT_PRINT_H

#include "engine/drift.h"

#include <stdio.h>

struct drift_report {
    const struct drift *drift;
    const struct config *config;
    const struct aws *aws;
    const struct ignores *ignores;
    size_t counting;  /* findings that count */
    bool quiet;       /* text: only results */
    bool many;        /* one of several: names and ids hold account and region */
    const char *root; /* paths are relative to this folder; NULL: the working directory */
};

void drift_print_text(const struct drift_report *r, FILE *to);
/* One document; docs/guides/drift.md describes it. */
void drift_print_json(const struct drift_report *r, FILE *to);
/* JUnit's XML as CI systems read it: a test case for each row. */
void drift_print_junit(const struct drift_report *r, FILE *to);
/* https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
void drift_print_sarif(const struct drift_report *r, FILE *to);
/* Workflow commands:
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
void drift_print_github(const struct drift_report *r, FILE *to);
void drift_print_markdown(const struct drift_report *r, FILE *to);

/* The parts of these documents, for drift_set.h. */
json_t *drift_json(const struct drift_report *r);
/* Adds to two arrays: results, and notifications of what could not be read. */
void drift_sarif_add(const struct drift_report *r, json_t *results, json_t *notifications);
/* A notification at the beginning of a file. */
json_t *drift_sarif_failure(const char *file, const char *why);
/* The document, takes over the arrays; id: of the run. */
json_t *drift_sarif(json_t *results, json_t *notifications, const char *id);
struct junit_counts {
    size_t tests, failures, errors;
};
struct junit_counts drift_junit_counts(const struct drift_report *r);
void drift_junit_begin(struct junit_counts all, FILE *to);
void drift_junit_suite(const struct drift_report *r, FILE *to);
void drift_junit_failure(const char *name, const char *file, const char *why, FILE *to);
void drift_junit_end(FILE *to);
/* Without the totals. */
void drift_github_annotations(const struct drift_report *r, FILE *to);
void drift_github_failure(const char *file, const char *why, FILE *to);
/* Text for a table's cell. */
void drift_markdown_cell(const char *text, FILE *to);

/* Shared by all formats. */

/* The id of a finding; of many "ACCOUNT/REGION/ID". For the caller to free. */
char *drift_id(const struct drift_report *r, const struct finding *f);

/* "drift", "unreadable" or "none". */
const char *drift_result(const struct drift_report *r);
/* "2 differences, 1 ignored, 1 not readable: 33 checked"; for the caller to free. */
char *drift_totals(const struct drift_report *r);
/* "VisibilityTimeout: 30, expected 360"; one line; for the caller to free. */
char *drift_sentence(const struct finding *f);
/* A string without quotes, "(not set)" for NULL and null, otherwise JSON; for the caller to free.
 */
char *drift_value(const json_t *v);
/* drift_file: the configuration's path relative to r->root; for the caller to free.
 * drift_line: its line with the row, or with the field of that property (NULL: the row); 1 if
 * unknown. */
char *drift_file(const struct drift_report *r);
int drift_line(const struct drift_report *r, const struct row *row, const char *property);
/* The state of an entry of the ignore file: "expired", "unused"; NULL: in use. */
const char *drift_ignore_state(const struct drift_report *r, const struct ignore *entry);
/* "row queue, property Tags" or "id 0123456789abcdef"; for the caller to free. */
char *drift_ignore_subject(const struct ignore *entry);

#endif
