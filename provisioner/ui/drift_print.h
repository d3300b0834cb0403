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
    size_t counting; /* findings that count */
    bool quiet;      /* text: only results */
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

/* Shared by all formats. */

/* "drift", "unreadable" or "none". */
const char *drift_result(const struct drift_report *r);
/* "2 differences, 1 ignored, 1 not readable: 33 checked"; for the caller to free. */
char *drift_totals(const struct drift_report *r);
/* "VisibilityTimeout: 30, expected 360"; one line; for the caller to free. */
char *drift_sentence(const struct finding *f);
/* A string without quotes, "(not set)" for NULL and null, otherwise JSON; for the caller to free.
 */
char *drift_value(const json_t *v);
/* drift_file: the configuration's path relative to the working directory; for the caller to free.
 * drift_line: its line with the row, or with the field of that property (NULL: the row); 1 if
 * unknown. */
char *drift_file(const struct drift_report *r);
int drift_line(const struct drift_report *r, const struct row *row, const char *property);
/* The state of an entry of the ignore file: "expired", "unused"; NULL: in use. */
const char *drift_ignore_state(const struct drift_report *r, const struct ignore *entry);
/* "row queue, property Tags" or "id 0123456789abcdef"; for the caller to free. */
char *drift_ignore_subject(const struct ignore *entry);

#endif
