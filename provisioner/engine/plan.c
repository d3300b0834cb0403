/*
 * plan.c: makes a plan. Reads all rows in parallel, searches for leftovers, and compares each row's
 * state with the wanted one.
 */
#include "engine/plan.h"
#include "aws_memo.h"
#include "engine/diff.h"
#include "engine/own.h"
#include "mem.h"
#include "parallel.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Rows read in parallel; the threads mostly wait for responses. */
enum { READ_WIDTH = 32 };

/* The arguments of read_one. */
struct reading {
    const struct ctx *ctx;
    struct step *steps;
    json_t **names; /* for each step of a LEFTOVERS row: what list() found */
    bool removal;
    const struct plan *first; /* the first plan, whose rows are still to be created; or NULL */
};

static const struct step *step_of(const struct plan *p, const struct row *row)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->steps[i].row == row)
            return &p->steps[i];
    }
    return NULL;
}

/* Takes over the state of a row that the first plan creates or does not name. */
static void keep_unread(const struct reading *r, struct step *s)
{
    const struct step *before = step_of(r->first, s->row);

    s->known = s->unread = true;
    if (before)
        s->state = (struct state){ .want = json_incref(before->state.want),
                                   .facts = json_incref(before->state.facts) };
}

static void read_one(void *arg, size_t i)
{
    struct reading *r = arg;
    struct step *s = &r->steps[i];
    const struct kind *k = s->row->kind;
    int rc = 0;

    if (r->first && !(k->flags & KIND_OTHERS)) {
        keep_unread(r, s);
        return;
    }
    if (s->row->presence == LEFTOVERS)
        rc = k->list(r->ctx, s->row, &r->names[i], &s->err);
    else if (!(r->removal && (k->flags & KIND_OTHERS)))
        rc = own_read(r->ctx, s->row, &s->state, &s->err);
    s->known = rc == 0;
    if (rc == 0 && s->row->presence == PRESENT && !r->removal)
        rc = k->want(r->ctx, s->row, &s->state, &s->err);
    else if (rc < 0)
        (void)err_wrap(&s->err, "cannot read %s '%s'", k->name, s->row->name);
    if (rc == 0)
        s->err.code = ERR_OK;
}

static bool same_whole(const struct row *a, const struct row *b)
{
    return !(a->kind->flags & KIND_PART) || !a->n_needs || !b->n_needs ||
           a->needs[0] == b->needs[0];
}

/* Whether a row of `rows` already covers this name, as our kind or as its "-existing" variant. A
 * part must also have the same whole. */
static bool is_known(const struct row *rows, size_t n, const struct row *of, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].presence != LEFTOVERS && str_starts(rows[i].kind->name, of->kind->name) &&
            strcmp(rows[i].name, name) == 0 && same_whole(&rows[i], of))
            return true;
    }
    return false;
}

static struct row found_row(const struct row *search, const char *name)
{
    const char *star = strchr(search->id, '*');
    int before = (int)(star ? star - search->id : (ptrdiff_t)strlen(search->id));

    return (struct row){
        .line = search->line,
        .id = xasprintf("%.*s%s%s", before, search->id, name + strlen(search->name),
                        star ? star + 1 : ""),
        .kind = search->kind,
        .name = xstrdup(name),
        .spec = search->spec,
        .presence = ABSENT,
        .needs = search->needs,
        .n_needs = search->n_needs,
        .outlives = search->outlives,
        .n_outlives = search->n_outlives,
        .config_path = search->config_path,
    };
}

/* Adds a row for each name that a LEFTOVERS row found and that no other row covers. */
static void add_found(struct plan *p, const struct row *rows, size_t n, json_t *const *names)
{
    size_t most = 0, j;
    json_t *v;

    for (size_t i = 0; i < n; i++)
        most += json_array_size(names[i]);
    p->found = xcalloc(most + 1, sizeof(*p->found));
    p->found_by = xcalloc(most + 1, sizeof(*p->found_by));
    for (size_t i = 0; i < n; i++) {
        json_array_foreach(names[i], j, v) {
            const char *name = json_string_value(v);

            if (!str_starts(name, rows[i].name) || is_known(rows, n, &rows[i], name) ||
                is_known(p->found, p->n_found, &rows[i], name))
                continue;
            p->found_by[p->n_found] = &rows[i];
            p->found[p->n_found++] = found_row(&rows[i], name);
        }
    }
}

static void read_rows(struct plan *p, const struct plan *first, const struct row *rows, size_t n,
                      const struct ctx *c)
{
    json_t **names = xcalloc(n + 1, sizeof(*names));
    struct step *steps = xcalloc(n + 1, sizeof(*steps));
    struct reading r = {
        .ctx = c, .steps = steps, .names = names, .removal = p->removal, .first = first
    };

    for (size_t i = 0; i < n; i++)
        steps[i].row = &rows[i];
    parallel_each(n, READ_WIDTH, read_one, &r);
    add_found(p, rows, n, names);
    p->steps = xrealloc(steps, (n + p->n_found + 1) * sizeof(*steps));
    p->n = n + p->n_found;
    for (size_t i = 0; i < p->n_found; i++)
        p->steps[n + i] = (struct step){ .row = &p->found[i], .extra = true };
    r.steps = p->steps + n;
    parallel_each(p->n_found, READ_WIDTH, read_one, &r);
    for (size_t i = 0; i < n; i++)
        json_decref(names[i]);
    free(names);
}

/* Only wanted resources are adopted, and never in order to remove them. */
static bool is_adopted(const struct plan *p, const struct step *s, const struct ctx *c)
{
    return c->consents & CONSENT_ADOPT && !p->removal && s->row->presence == PRESENT;
}

static bool is_ours(const struct plan *p, const struct step *s, const struct ctx *c)
{
    const struct kind *k = s->row->kind;
    const struct step *whole = NULL;

    if (k->flags & KIND_OTHERS)
        return true;
    if (!(k->flags & KIND_PART))
        return !(k->flags & KIND_TAGGED) || has_our_tag(s, c) || is_adopted(p, s, c);
    whole = s->row->n_needs ? step_of(p, s->row->needs[0]) : NULL;
    return whole && whole->state.have && is_ours(p, whole, c);
}

static int decide_drop(struct step *s, bool removal, const struct ctx *c)
{
    const struct kind *k = s->row->kind;

    s->stays = false;
    if (s->extra && c->consents & CONSENT_EXTRAS && !removal) {
        s->action = KEEP;
        return 0;
    }
    if (k->leave && k->leave(c, s->row, &s->state, removal, &s->stays, &s->err) < 0)
        return -1;
    s->action = s->stays ? KEEP : DROP;
    return 0;
}

static int decide(const struct plan *p, struct step *s, const struct ctx *c)
{
    bool wanted = s->row->presence == PRESENT;

    if (p->removal && (s->row->kind->flags & KIND_OTHERS))
        return 0;
    if (s->state.have && !is_ours(p, s, c)) {
        s->action = KEEP;
        return wanted && (s->row->kind->flags & KIND_TAGGED)
                   ? err_set(&s->err, ERR_REFUSED,
                             "%s '%s' already exists, but without the tag %s=%s",
                             s->row->kind->name, s->row->name, OWNER_TAG, c->pipeline)
                   : 0;
    }
    if (p->removal || !wanted)
        return s->state.have ? decide_drop(s, p->removal, c) : 0;
    if (!s->state.have) {
        s->action = CREATE;
        return 0;
    }
    if (diff_step(s, c, &s->err) < 0)
        return -1;
    s->action = s->n_changes ? UPDATE : KEEP;
    return 0;
}

void step_done(struct step *s)
{
    state_done(&s->state);
    json_decref(s->delta);
    free(s->changes);
    free(s->kept);
}

/* Drops steps for resources that are unwanted and absent, or not ours. */
static void drop_idle_steps(struct plan *p, const struct ctx *c)
{
    size_t n = 0;
    bool *drop = xcalloc(p->n + 1, sizeof(*drop));

    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[i];
        bool unwanted = s->row->presence != PRESENT || p->removal;

        drop[i] = s->err.code == ERR_OK && unwanted && (!s->state.have || !is_ours(p, s, c));
    }
    for (size_t i = 0; i < p->n; i++) {
        if (drop[i])
            step_done(&p->steps[i]);
        else
            p->steps[n++] = p->steps[i];
    }
    p->n = n;
    free(drop);
}

/* Fails with the first real failure, otherwise with all refusals in one line. */
static int verdict(const struct plan *p, const struct ctx *c, struct err *e)
{
    auto_buf foreign = BUF(BUF_SMALL), fixed = BUF(BUF_SMALL);

    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[i];
        bool ours = is_ours(p, s, c);
        struct buf *to = ours ? &fixed : &foreign;

        if (s->err.code != ERR_OK && s->err.code != ERR_REFUSED) {
            *e = s->err;
            return -1;
        }
        if (s->err.code != ERR_REFUSED)
            continue;
        if (to->len)
            buf_puts(to, ours ? "; " : ", ");
        if (ours)
            buf_puts(to, s->err.msg);
        else
            buf_printf(to, "%s '%s'", s->row->kind->name, s->row->name);
    }
    if (foreign.len)
        return err_set(e, ERR_REFUSED,
                       "not owned by this pipeline (tag %s=%s is missing): %s; %sdelete it or "
                       "choose another name%s%s",
                       OWNER_TAG, c->pipeline, buf_str(&foreign),
                       p->removal ? "" : "take it over with 'fifoq up --adopt', ",
                       fixed.len ? "; also: " : "", buf_str(&fixed));
    return fixed.len ? err_set(e, ERR_REFUSED, "%s", buf_str(&fixed)) : 0;
}

/* p->removal is set. */
static int make(struct plan *p, const struct plan *first, const struct row *rows, size_t n,
                const struct ctx *c, struct err *e)
{
    struct aws_memo *own = NULL;
    struct ctx look = *c;

    if (!look.memo)
        look.memo = own = aws_memo_new();
    read_rows(p, first, rows, n, &look);
    aws_memo_free(own);
    for (size_t i = 0; i < p->n; i++) {
        struct step *s = &p->steps[i];

        /* the step holds the error of a failed decision */
        if (s->err.code == ERR_OK && s->row->presence != LEFTOVERS)
            (void)decide(p, s, c);
    }
    drop_idle_steps(p, c);
    if (c->stop && c->stop(c->stop_arg))
        return err_set(e, ERR_INTERRUPTED, "interrupted; nothing was changed");
    return verdict(p, c, e);
}

int plan_make(struct plan *p, const struct row *rows, size_t n, bool removal, const struct ctx *c,
              struct err *e)
{
    *p = (struct plan){ .removal = removal };
    return make(p, NULL, rows, n, c, e);
}

/* Whether nothing of ours exists yet. */
static bool is_first(const struct plan *p)
{
    bool first = !p->removal;

    for (size_t i = 0; i < p->n; i++)
        first = first && (p->steps[i].action == CREATE || p->steps[i].row->presence == LEFTOVERS ||
                          p->steps[i].row->kind->flags & KIND_OTHERS);
    return first;
}

int plan_again(struct plan *p, const struct plan *before, const struct row *rows, size_t n,
               const struct ctx *c, struct err *e)
{
    struct ctx look = *c;

    *p = (struct plan){ .removal = before->removal };
    look.known = true; /* or it would not be read again */
    return make(p, is_first(before) ? before : NULL, rows, n, &look, e);
}

void plan_done(struct plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        step_done(&p->steps[i]);
    free(p->steps);
    for (size_t i = 0; i < p->n_found; i++) {
        free(p->found[i].id);
        free(p->found[i].name);
    }
    free(p->found);
    free(p->found_by);
    *p = (struct plan){ 0 };
}

size_t plan_count(const struct plan *p, enum action a)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->steps[i].action == a;
    return n;
}

const struct step *plan_step(const struct plan *p, int line)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->steps[i].row->line == line)
            return &p->steps[i];
    return NULL;
}

bool plan_did(const struct plan *p, const struct row *row)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->steps[i];

        if (s->row->kind == row->kind && strcmp(s->row->name, row->name) == 0)
            return s->done;
    }
    return false;
}

static bool same_value(const json_t *a, const json_t *b)
{
    return a == b || json_equal(a, b);
}

static bool same_step(const struct step *a, const struct step *b)
{
    if (strcmp(a->row->id, b->row->id) != 0 || a->action != b->action ||
        a->n_changes != b->n_changes)
        return false;
    for (size_t i = 0; i < a->n_changes; i++) {
        const struct change *x = &a->changes[i], *y = &b->changes[i];

        if (x->prop != y->prop || !same_value(x->from, y->from) || !same_value(x->to, y->to))
            return false;
    }
    return true;
}

bool plan_same(const struct plan *a, const struct plan *b)
{
    bool same = a->n == b->n;

    for (size_t i = 0; same && i < a->n; i++)
        same = same_step(&a->steps[i], &b->steps[i]);
    return same;
}
