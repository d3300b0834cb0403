/* format.h: the output formats. */
#ifndef FIFOQ_FORMAT_H
#define FIFOQ_FORMAT_H

/* All verbs support the first two; the others are for drift. */
enum format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_JUNIT,
    FORMAT_SARIF,
    FORMAT_GITHUB,
    FORMAT_MARKDOWN
};

#endif
