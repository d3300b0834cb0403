/* list_print.h: the pipelines of an account and region, from the tags of their resources. */
#ifndef FIFOQ_LIST_PRINT_H
#define FIFOQ_LIST_PRINT_H

#include "aws.h"

#include <stdio.h>

struct listed {
    char *pipeline;
    char *versions; /* of fifoq, that last changed a resource: "0.1.0"; several: "0.1.0, 0.2.0" */
    size_t resources, functions;
};

struct listing {
    struct listed *list; /* sorted by name */
    size_t n;
};

/* mappings: ResourceTagMappingList of tag:GetResources. Resources without an owner are left out. */
void listing_make(struct listing *out, const json_t *mappings);
void listing_done(struct listing *l);

void listing_print_text(const struct listing *l, const struct aws *a, FILE *to);
/* {"version", "account", "region", "pipelines": [{"pipeline", "resources", "functions",
 * "fifoq"}]}; for the caller to free. */
json_t *listing_json(const struct listing *l, const struct aws *a);

#endif
