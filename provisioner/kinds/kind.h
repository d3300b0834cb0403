/*
 * kind.h: the interface of a kind of AWS resource. Each kind is one file with one const struct
 * kind.
 *
 * Kinds are plain blocking code; the engine runs several rows in parallel. have and want are flat
 * objects with AWS's own names ("VisibilityTimeout": "360"), already normalised: both contain AWS's
 * defaults, and documents are JSON values, not strings. A member missing in want is left as it is;
 * one that is null must not be set. docs/internals/adding-a-kind.md is a guide.
 */
#ifndef FIFOQ_KIND_H
#define FIFOQ_KIND_H

#include "aws.h"
#include "json.h"

struct aws_memo;
struct package;
struct row;
struct save;

/* How a property behaves when want and have differ. */
enum {
    PROP_FIXED = 1 << 0,   /* cannot be changed in place, and is never replaced: refuse (exit 4) */
    PROP_SECRET = 1 << 1,  /* a secret: have and want hold words, never the value or its hash */
    PROP_TAGS = 1 << 2,    /* tags: fifoq:version is only written together with other changes */
    PROP_CODE = 1 << 3,    /* the hash of our code; the tags beside it say which build wrote it */
    PROP_HEALTH = 1 << 4,  /* whether the resource works, not how it is configured */
    PROP_STATUS = 1 << 5,  /* in have only if something is wrong; drift reports it, and without a
                              wanted value no update is made */
    PROP_EXTRA = 1 << 6,   /* added by others: removed by an update, unless CONSENT_EXTRAS */
    PROP_PRIVATE = 1 << 7, /* may hold secrets: shown as names with "(set)" for each value */
};

/* What the user agreed to: bits of ctx.consents. These are the engine's; kinds/consents.h has those
 * of single kinds, starting at CONSENT_KINDS. */
enum {
    CONSENT_ADOPT = 1 << 0,  /* resources with our names but without our tag are taken over:
                                compared, changed, tagged */
    CONSENT_EXTRAS = 1 << 1, /* unwanted extras stay: PROP_EXTRA, and what LEFTOVERS rows find */
    CONSENT_KINDS = 1 << 2,
};

/* How to compare values that AWS may return in several forms. */
struct value_form {
    /* A new value in one order and spelling. Values with the same normal form are equal. */
    json_t *(*normal)(const json_t *v);
    const char *named_by; /* the member that names an element of a list, or NULL */
};

struct prop {
    const char *name;
    unsigned flags;
    unsigned consent; /* a change is refused like that of a fixed one, unless ctx.consents has this
                         bit; 0: allowed */
    const struct value_form *form; /* NULL: equal as JSON */
    const char *advice;            /* what to do, shown after a refusal; or NULL */
};

/* A new value that may be printed instead of v: v itself, or words. NULL for NULL. */
json_t *prop_shown(const struct prop *p, const json_t *v);

enum {
    KIND_TAGGED = 1 << 0, /* have["Tags"] names the owner: without our fifoq:pipeline tag nothing is
                             changed or deleted */
    KIND_PART = 1 << 1, /* a part of its first need, with the same owner (permission, mapping); they
                           are changed one at a time */
    KIND_OTHERS = 1 << 2,  /* somebody else's: read and checked, never created or dropped; update()
                              limits what is changed */
    KIND_LINGERS = 1 << 3, /* reads may show it for up to a minute after its deletion, so it is read
                              several times before it counts as gone (engine/settle.h) */
};

/* The context of every kind; read-only and shared by all threads. */
struct ctx {
    struct aws *aws;           /* with the account known (aws_identify) */
    const char *pipeline;      /* P */
    const json_t *tags;        /* for every resource with tags, including fifoq's own */
    const json_t *ignore_tags; /* prefixes of keys that others manage; or NULL */
    int64_t began_ms;          /* when the command started, by AWS's clock (wall clock, ms) */
    struct aws_memo *memo;     /* set while rows are read: sends equal requests once (aws_memo.h) */
    struct aws_memo
        *made; /* set while rows are applied: what answers to changes said (aws_memo_tell) */
    const struct package *package; /* the zip and its hash; NULL for commands that only delete */
    bool hasty;                    /* reads do not wait: the caller reads again */
    bool known;                    /* what is read is expected to exist: all is asked at once */
    bool bare;                     /* this run created it: what others may add is not read */
    /* Checked in waiting loops: true once the user interrupts or the lock is lost; or NULL. */
    bool (*stop)(void *stop_arg);
    void *stop_arg;
    /* Prompts for the value of parameter `name` on the terminal. Returns a new string, or NULL when
     * the user enters none. Called by one thread at a time. NULL without a terminal. */
    char *(*ask_secret)(const char *name);
    unsigned consents; /* a set of CONSENT_ */
    struct save *save; /* saves data before it is deleted (kinds/messages.h); or NULL */
    /* Called while a row waits until a known time (monotonic clock), with what it waits for
     * ("free") and why, both static. May be NULL. */
    void (*waits)(void *arg, const struct row *r, const char *what, const char *why,
                  int64_t until_ms);
    void *waits_arg;
};

/* The actual and the wanted state of a row. Owned by the plan. */
struct state {
    json_t *have;  /* NULL: does not exist */
    json_t *want;  /* NULL: must not exist */
    json_t *facts; /* what read() and want() found and create, update, drop need (UUIDs, ARNs, a
                      secret to be written): private to the kind, never printed; or NULL */
};

/*
 * All return 0, or -1 with *e set. Independent requests of a kind are sent in parallel
 * (aws_call_all). create and update return when the resource is usable, and detect its failure
 * states.
 */
struct kind {
    const char *name; /* "sqs-queue", as drift and plan print it */
    unsigned flags;
    /* What is compared, in the order of printing; ends with a row without name. */
    const struct prop *props;
    /* The error codes (separated by spaces) of create() for an existing resource: the engine then
     * reads it again and updates it if it is ours. NULL: none. */
    const char *exists;
    int (*read)(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
    /* After read; sends no requests. Also reports that an existing resource (KIND_OTHERS) cannot be
     * used: ERR_NOT_FOUND or ERR_CONFIG when it must be corrected first, ERR_REFUSED to protect it.
     */
    int (*want)(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
    int (*create)(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
    /* The second half of create(), for what the resource needs in order to be used, but others do
     * not need in order to be created: the policy of a role, the target of a rule, the retention of
     * a log group. With it, create() waits for none of the row's needs, and only parts wait for
     * finish(). NULL: create() does all. It is not called after an update of what create() found.
     */
    int (*finish)(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
    int (*update)(const struct ctx *c, const struct row *r, struct state *s, const json_t *delta,
                  struct err *e); /* delta: the members of want that differ */
    int (*drop)(const struct ctx *c, const struct row *r, struct state *s,
                struct err *e); /* a missing resource is success */
    /* Before anything is deleted: sets *stays for an unwanted resource that is kept (data).
     * removal: everything is deleted; else only this row is no longer configured. ERR_REFUSED: its
     * data would be lost. NULL: it is deleted. */
    int (*leave)(const struct ctx *c, const struct row *r, const struct state *s, bool removal,
                 bool *stays, struct err *e);
    /* *names: a new array with the names of all resources of this kind that begin with the row's
     * name, ours or not (for LEFTOVERS rows). NULL: the kind has no such rows. */
    int (*list)(const struct ctx *c, const struct row *r, json_t **names, struct err *e);
};

/* Whether the configuration wants a row. */
enum presence {
    PRESENT,
    ABSENT,    /* not wanted: deleted if it exists and is ours, otherwise not mentioned */
    LEFTOVERS, /* a search for all resources whose name begins with the row's name and that no other
                  row covers: each is ABSENT. The '*' in the row's id becomes the rest of it */
};

/* One row of the pipeline. A row is listed after the rows it needs. */
struct row {
    int line; /* which row it is; defined by the code that makes the rows */
    char *id; /* "schedule/night" */
    const struct kind *kind;
    char *name; /* in AWS */
    void *spec; /* the kind's own parameters (kinds/kinds.h), owned by the pipeline */
    enum presence presence;
    const struct row **needs; /* must be applied first; are deleted last */
    size_t n_needs;
    const struct row **outlives; /* are deleted before this row, without being needed */
    size_t n_outlives;
    char *config_path; /* its place in the configuration: "drain.schedules[0]" */
};

#endif
