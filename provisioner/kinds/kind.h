/*
 * kind.h: what a kind of AWS resource must know how to do. One kind, one file, one const struct
 * kind.
 *
 * Kinds are plain blocking code; the engine runs several rows at the same time. have and want are
 * flat objects in the words that AWS itself uses ("VisibilityTimeout": "360"), already normalised:
 * defaults that AWS fills in are filled in on both sides, documents are JSON values (not strings).
 * A member that is absent from want is left as AWS has it; one that is null shall not be set.
 * docs/internals/adding-a-kind.md walks through it all.
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
    PROP_SECRET = 1 << 1,  /* stands for a secret; have and want hold only words about it, never the
                              value or its hash */
    PROP_TAGS = 1 << 2,    /* an object of tags: fifoq:version is only written along with something
                              else */
    PROP_CODE = 1 << 3,    /* the hash of our code; the tags beside it say who wrote it */
    PROP_HEALTH = 1 << 4,  /* says whether it works, not how it is configured */
    PROP_STATUS = 1 << 5,  /* have holds it only when something is wrong; where want says nothing of
                              it, drift reports it and no update is made */
    PROP_EXTRA = 1 << 6,   /* what others added: an update takes it away, or leaves it with
                              CONSENT_EXTRAS */
    PROP_PRIVATE = 1 << 7, /* what others put there may be secrets: names are shown, and "(set)"
                              in the place of each value */
};

/* What the user agreed to: bits of ctx.consents. These are the engine's; kinds/consents.h has those
 * of single kinds, from CONSENT_KINDS on. */
enum {
    CONSENT_ADOPT = 1 << 0,  /* what bears our names without our tag is taken over: compared,
                                changed,  tagged */
    CONSENT_EXTRAS = 1 << 1, /* what nothing asked for stays: PROP_EXTRA, and what LEFTOVERS rows
                                find */
    CONSENT_KINDS = 1 << 2,
};

/* How values are compared that can be written in several ways. */
struct value_form {
    /* The value in one order and spelling; the caller's. Values of the same normal form are equal.
     */
    json_t *(*normal)(const json_t *v);
    const char *named_by; /* the member that names an element of its list; NULL: none does */
};

struct prop {
    const char *name;
    unsigned flags;
    unsigned consent; /* another value is refused like a fixed one, unless ctx.consents has this
                         bit; 0: no consent is needed */
    const struct value_form *form; /* NULL: equal as JSON */
    const char *advice;            /* the way out, shown after a refusal; NULL: none */
};

/* What may be printed of a value of p: itself, or words; the caller's, NULL for NULL. */
json_t *prop_shown(const struct prop *p, const json_t *v);

enum {
    KIND_TAGGED = 1 << 0,  /* have["Tags"] says whose it is: without our fifoq:pipeline tag nothing
                              is changed or deleted */
    KIND_PART = 1 << 1,    /* belongs to the resource of its first need and shares its ownership
                              (permission, mapping); they are changed one at a time */
    KIND_OTHERS = 1 << 2,  /* somebody else's: read and checked, never
                              created or dropped; changed only in what update() says */
    KIND_LINGERS = 1 << 3, /* reads may show it for up to a minute after its deletion: it is looked
                              at several times before it counts as gone (engine/settle.h) */
};

/* What every kind may use; read-only and shared by all threads. */
struct ctx {
    struct aws *aws;           /* with the account known (aws_identify) */
    const char *pipeline;      /* P */
    const json_t *tags;        /* what goes on everything that takes tags, fifoq's own included */
    const json_t *ignore_tags; /* prefixes of keys that others look after; NULL: none */
    int64_t began_ms;          /* when the command began, by AWS's clock (wall clock, ms) */
    struct aws_memo
        *memo; /* set while rows are read: the same question is asked once (aws_memo.h) */
    const struct package *package; /* the zip and its hash; NULL for commands that only remove */
    bool hasty;         /* reads take what they get and wait for nothing: the caller looks again */
    bool (*stop)(void); /* asked in waiting loops: true once the user wants out; may be NULL */
    /* Asks for the value of parameter `name` on the terminal: a new string, or NULL when the user
     * gave none. Called by one thread at a time. NULL where nobody can be asked. */
    char *(*ask_secret)(const char *name);
    unsigned consents; /* a set of CONSENT_ */
    struct save *save; /* where data is saved before it is removed (kinds/messages.h); or NULL */
    /* Called while a row waits for a time that is known (monotonic clock): "free" in 56 s, and why,
     * both static. May be NULL. */
    void (*waits)(void *arg, const struct row *r, const char *what, const char *why,
                  int64_t until_ms);
    void *waits_arg;
};

/* One row's reality and wish. Owned by the plan. */
struct state {
    json_t *have;  /* NULL: does not exist */
    json_t *want;  /* NULL: shall not exist */
    json_t *facts; /* what read() and want() learned and create, update, drop need (UUIDs, ARNs, a
                      secret to be written): the kind's own business, never printed; may be NULL */
};

/*
 * All answer 0, or -1 with *e set. Each request of a kind that does not need another's answer goes
 * out beside it (aws_call_all). create and update return when the resource is usable, and know the
 * failure states.
 */
struct kind {
    const char *name; /* "sqs-queue", as drift and plan print it */
    unsigned flags;
    /* Ended by a row without name; what is compared, in the order of printing. */
    const struct prop *props;
    /* The error codes (blanks between) of create() when it is there already: the engine then reads
     * it again and updates it if it is ours. NULL: never. */
    const char *exists;
    int (*read)(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
    /* After read; no requests. Also the place to say that an existing thing (KIND_OTHERS) cannot be
     * used: ERR_NOT_FOUND or ERR_CONFIG when it must be put right first, ERR_REFUSED to protect it.
     */
    int (*want)(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
    int (*create)(const struct ctx *c, const struct row *r, struct state *s, struct err *e);
    int (*update)(const struct ctx *c, const struct row *r, struct state *s, const json_t *delta,
                  struct err *e); /* delta: the members of want that differ */
    int (*drop)(const struct ctx *c, const struct row *r, struct state *s,
                struct err *e); /* gone already is success */
    /* Before anything is dropped: *stays is set for what is left alone although nothing wants it
     * (data). removal: everything goes; else only this row lost its place in the configuration.
     * ERR_REFUSED: what it holds would be forgotten. NULL: it goes. */
    int (*leave)(const struct ctx *c, const struct row *r, const struct state *s, bool removal,
                 bool *stays, struct err *e);
    /* The names of all things of this kind that begin with the row's name, ours or not (for
     * LEFTOVERS rows): an array of strings, the caller's. NULL: the kind has no such rows. */
    int (*list)(const struct ctx *c, const struct row *r, json_t **names, struct err *e);
};

/* What the pipeline says about a row. */
enum presence {
    PRESENT,
    ABSENT, /* the configuration does not ask for it: dropped if it is there and ours, else not even
               mentioned */
    LEFTOVERS, /* stands for every thing whose name begins with the row's name and that no other row
                  has: each is ABSENT. The '*' in the row's id takes the rest of the name */
};

/* One row of the pipeline. Rows come after the rows they need. */
struct row {
    int line; /* which row it is, in the words of whoever made the rows */
    char *id; /* "schedule/night" */
    const struct kind *kind;
    char *name; /* as AWS knows it */
    void *spec; /* the kind's own parameters (kinds/specs.h), owned by the pipeline */
    enum presence presence;
    const struct row **needs; /* must be done first; go last when removed */
    size_t n_needs;
    const struct row *
        *outlives; /* on removal these are gone before it goes, though it needs none */
    size_t n_outlives;
    char *config_path; /* where it comes from: "drain.schedules[0]" */
};

#endif
