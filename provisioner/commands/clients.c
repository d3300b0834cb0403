/* clients.c: see clients.h. */
#include "commands/clients.h"

#include "aws_identify.h"
#include "aws_shared.h"
#include "clock.h"
#include "identity/settings.h"
#include "mem.h"
#include "ui/interrupt.h"
#include "ui/terminal.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

/* Long, because DNS and proxies may be slow; Ctrl-C ends the wait. */
enum { CONNECT_MS = 30000 };
/* How long throttled calls are retried, unless AWS_MAX_ATTEMPTS is set. */
enum { PATIENCE_MS = 120000 };

struct entry {
    struct client client; /* first */
    struct entry *next;
    char *profile, *region, *endpoint_url; /* as asked; or NULL */
    struct identity *identity;
    struct err why;          /* it could not be made: nothing can be sent */
    struct aws_rates *rates; /* until the account is known */
    pthread_mutex_t lock;    /* of the members below */
    bool identified;
};

struct transport {
    struct transport *next;
    char *ca_file;
    struct http *http;
};

/* The buckets of an account and region. */
struct limits {
    struct limits *next;
    char *key;
    struct aws_rates *rates;
};

struct clients {
    pthread_mutex_t lock; /* of all lists */
    bool share;
    struct shared_config *files; /* AWS's own; NULL: not read yet */
    struct entry *entries;
    struct transport *transports;
    struct limits *limits;
    struct pace pace;
};

struct clients *clients_new(bool share)
{
    struct clients *all = xcalloc(1, sizeof(*all));

    (void)pthread_mutex_init(&all->lock, NULL);
    all->share = share;
    pace_init(&all->pace, false);
    return all;
}

static void entry_free(struct entry *c)
{
    aws_shared_free(c->client.aws.shared);
    aws_done(&c->client.aws);
    aws_rates_free(c->rates);
    identity_free(c->identity);
    free(c->client.caller);
    free(c->profile);
    free(c->region);
    free(c->endpoint_url);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

void clients_free(struct clients *all)
{
    while (all && all->entries) {
        struct entry *c = all->entries;

        all->entries = c->next;
        entry_free(c);
    }
    while (all && all->limits) {
        struct limits *l = all->limits;

        all->limits = l->next;
        aws_rates_free(l->rates);
        free(l->key);
        free(l);
    }
    while (all && all->transports) {
        struct transport *t = all->transports;

        all->transports = t->next;
        http_free(t->http);
        free(t->ca_file);
        free(t);
    }
    if (!all)
        return;
    shared_config_free(all->files);
    (void)pthread_mutex_destroy(&all->lock);
    free(all);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int transport_find(struct clients *all, const struct aws_settings *set, struct http **out,
                          struct err *e)
{
    /* all of a plan's reads in parallel, even if one endpoint serves every service */
    const struct http_options how = { .user_agent = FIFOQ_USER_AGENT,
                                      .max_per_host = 64,
                                      .connect_ms = CONNECT_MS,
                                      .ca_file = set->ca_file,
                                      .ca_from = set->ca_from };
    struct transport *t = all->transports;

    while (t && !is_same(t->ca_file, set->ca_file))
        t = t->next;
    if (!t) {
        struct http *http = NULL;

        if (http_new(&http, &how, e) < 0)
            return -1;
        t = xcalloc(1, sizeof(*t));
        *t = (struct transport){ .next = all->transports, .http = http };
        t->ca_file = set->ca_file ? xstrdup(set->ca_file) : NULL;
        all->transports = t;
    }
    *out = t->http;
    return 0;
}

static int fail_without_region(const struct client_ask *ask, struct err *e)
{
    const char *profile = identity_profile(ask->profile);

    return err_set(
        e, ERR_CONFIG,
        "missing region; set AWS_REGION, use --region, or set 'region' in '%s' or in profile '%s'",
        ask->config ? ask->config : "fifoq.yaml", profile ? profile : "default");
}

/* Makes the client, without credentials, and the identity that finds them. */
static int entry_make(struct clients *all, struct entry *c, struct aws_settings *set, struct err *e)
{
    struct client *client = &c->client;
    struct aws_options o = { .region = c->region ? c->region : set->region,
                             .endpoint_url = c->endpoint_url,
                             .endpoints = &set->endpoints,
                             .ca_file = set->ca_file,
                             .max_attempts = set->max_attempts,
                             .retry_mode = set->retry_mode };
    struct identity_options who = { .files = all->files,
                                    .profile = c->profile,
                                    .aws = &o,
                                    .stop = interrupted,
                                    .ask_code = terminal_code };
    struct creds none = { 0 };

    client->region_from = c->region ? NULL : set->region_from;
    if (aws_init(&client->aws, &o, NULL, &none, e) < 0 ||
        transport_find(all, set, &client->http, e) < 0)
        return -1;
    client->aws.http = who.http = client->http;
    client->aws.rates = c->rates = aws_rates_new(clock_mono_ms());
    client->aws.paced = pace_note;
    client->aws.paced_arg = &all->pace;
    client->aws.patience_ms = set->max_attempts ? 0 : PATIENCE_MS;
    client->aws.stop = interrupted;
    if (all->share) {
        client->aws.shared = aws_shared_new();
        client->aws.answers = aws_shared_answers;
    }
    c->identity = identity_new(&who);
    return 0;
}

static int entry_read(struct clients *all, struct entry *c, const struct client_ask *ask,
                      struct err *e)
{
    struct aws_settings set = { 0 };
    int rc = all->files ? 0 : shared_config_load(&all->files, e);

    if (rc == 0)
        rc = aws_settings_read(all->files, identity_profile(ask->profile), &set, e);
    if (rc == 0 && !c->region && !set.region)
        rc = fail_without_region(ask, e);
    if (rc == 0)
        rc = entry_make(all, c, &set, e);
    aws_settings_done(&set);
    return rc;
}

/* Credentials that expire are renewed by another search. */
static int find_credentials(struct entry *c, struct err *e)
{
    struct aws *a = &c->client.aws;

    if (a->creds.key_id)
        return 0;
    if (identity_find(c->identity, &a->creds, e) < 0)
        return -1;
    if (a->creds.expires_ms) {
        a->renew = identity_renew;
        a->renew_arg = c->identity;
    }
    return 0;
}

static struct entry *entry_find(const struct clients *all, const struct client_ask *ask)
{
    struct entry *c = all->entries;

    while (c && !(is_same(c->profile, ask->profile) && is_same(c->region, ask->region) &&
                  is_same(c->endpoint_url, ask->endpoint_url)))
        c = c->next;
    return c;
}

static struct entry *entry_new(const struct client_ask *ask)
{
    struct entry *c = xcalloc(1, sizeof(*c));

    (void)pthread_mutex_init(&c->lock, NULL);
    c->profile = ask->profile ? xstrdup(ask->profile) : NULL;
    c->region = ask->region ? xstrdup(ask->region) : NULL;
    c->endpoint_url = ask->endpoint_url ? xstrdup(ask->endpoint_url) : NULL;
    return c;
}

static int find_locked(struct clients *all, const struct client_ask *ask, struct client **out,
                       struct err *e)
{
    struct entry *c = entry_find(all, ask);

    if (!c) {
        c = entry_new(ask);
        if (entry_read(all, c, ask, e) < 0)
            c->why = *e;
        if (!c->client.aws.region) {
            entry_free(c);
            return -1;
        }
        c->next = all->entries;
        all->entries = c;
    }
    *out = &c->client;
    if (c->why.code == ERR_OK)
        return find_credentials(c, e);
    *e = c->why;
    return -1;
}

int clients_find(struct clients *all, const struct client_ask *ask, struct client **out,
                 struct err *e)
{
    int rc;

    (void)pthread_mutex_lock(&all->lock);
    all->pace.quiet = ask->quiet;
    rc = find_locked(all, ask, out, e);
    (void)pthread_mutex_unlock(&all->lock);
    return rc;
}

void clients_stop_sharing(struct clients *all)
{
    for (struct entry *c = all->entries; c; c = c->next)
        c->client.aws.answers = NULL;
}

/* Two profiles of one account share its buckets. */
static struct aws_rates *rates_of(struct clients *all, const struct aws *a)
{
    auto_free char *key = xasprintf("%s/%s/%s", a->partition, a->account, a->region);
    struct limits *l;

    (void)pthread_mutex_lock(&all->lock);
    l = all->limits;
    while (l && strcmp(l->key, key) != 0)
        l = l->next;
    if (!l) {
        l = xcalloc(1, sizeof(*l));
        *l = (struct limits){ all->limits, steal(key), aws_rates_new(clock_mono_ms()) };
        all->limits = l;
    }
    (void)pthread_mutex_unlock(&all->lock);
    return l->rates;
}

int clients_identify(struct clients *all, struct client *client, struct err *e)
{
    struct entry *c = (struct entry *)client;
    int rc = 0;

    (void)pthread_mutex_lock(&c->lock);
    if (!c->identified) {
        rc = aws_identify(&client->aws, &client->caller, e);
        c->identified = rc == 0;
        if (rc == 0 && all->share)
            client->aws.rates = rates_of(all, &client->aws);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return rc;
}
