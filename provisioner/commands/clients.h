/* clients.h: the clients of AWS of one run: one for each profile and region, with one transport,
 * and token buckets for each account and region. A session borrows its client. */
#ifndef FIFOQ_CLIENTS_H
#define FIFOQ_CLIENTS_H

#include "identity/identity.h"
#include "ui/pace.h"

struct client_ask {
    const char *profile;      /* NULL: the environment's, or "default" */
    const char *region;       /* NULL: the environment's, or the profile's */
    const char *endpoint_url; /* NULL: from the settings */
    const char *config;       /* the configuration's file, for messages; NULL: "fifoq.yaml" */
    bool quiet;
};

struct client {
    struct aws aws;
    struct http *http;       /* borrowed */
    char *caller;            /* its ARN, once known */
    const char *region_from; /* the variable's name or "profile"; NULL: the region was asked for */
};

/* Any thread may use it. */
struct clients;

/* share: several sessions use a client. Answers about a whole account serve all of them
 * (lib/aws_shared.h), and no call but clients_identify's is made before that. */
struct clients *clients_new(bool share);
void clients_free(struct clients *all); /* NULL is fine */

/* The client of that profile and region, with region and credentials but without requests to the
 * pipeline's services; borrowed. *out is also set if only the credentials are missing
 * (ERR_CREDENTIALS), or the file of trusted certificates cannot be used (ERR_USAGE): nothing can be
 * sent then, but region and endpoints are known. ERR_CONFIG without a region. */
CHECKED int clients_find(struct clients *all, const struct client_ask *ask, struct client **out,
                         struct err *e);
/* From now on AWS itself is asked: what is read next must not be old. No call may be under way. */
void clients_stop_sharing(struct clients *all);
/* Finds out the account, once for each client. */
CHECKED int clients_identify(struct clients *all, struct client *c, struct err *e);

#endif
