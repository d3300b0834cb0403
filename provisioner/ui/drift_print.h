/*
 * drift_print.h: what `fifoq drift` found, in six formats that all say the same. Secrets are masked
 * in all of them.
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
    bool quiet;      /* text: nothing but results */
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

/* What they share. */

/* "drift", "unreadable" or "none". */
const char *drift_result(const struct drift_report *r);
/* "2 differences, 1 ignored, 33 checked, 1 not readable"; the caller's. */
char *drift_totals(const struct drift_report *r);
/* "VisibilityTimeout is 30 and shall be 360"; one line; the caller's. */
char *drift_sentence(const struct finding *f);
/* A value in short: a string without quotes, else JSON; "(not set)"; the caller's. */
char *drift_value(const json_t *v);
/* The configuration as seen from the folder where the command runs, and the line of a row in it, or
 * of the field that a property of it comes from (NULL: the row itself); 1 where none is known. The
 * caller's. */
char *drift_file(const struct drift_report *r);
int drift_line(const struct drift_report *r, const struct row *row, const char *property);
/* What is to be said of an entry of the ignore file: "expired", "unused"; NULL: nothing. */
const char *drift_ignore_state(const struct drift_report *r, const struct ignore *entry);
/* "row queue, property Tags" or "id 0123456789abcdef"; the caller's. */
char *drift_ignore_subject(const struct ignore *entry);

#endif
