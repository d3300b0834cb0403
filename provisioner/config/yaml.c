/*
 * yaml.c: reads libyaml's events into a tree.
 *
 * Anchors and aliases work (an alias is a copy), merge keys (<<) too; their total growth is capped.
 * Tags other than !!str, more than one document and keys that are not scalars are refused.
 */
#include "config/ynode.h"
#include "mem.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
    YAML_DEPTH_MAX = 64,
    YAML_NODES_MAX = 20000,
};
#define YAML_BYTES_MAX ((size_t)1 << 20)
#define YAML_GROWN_MAX ((size_t)4 << 20) /* bytes of all copies, by anchors, aliases, merges */

struct anchor {
    char *name;
    struct ynode *node; /* a copy */
};

struct reader {
    yaml_parser_t parser;
    struct report *report;
    const char *text;
    size_t len;
    struct anchor *anchors;
    size_t n_anchors, nodes, copied;
};

static struct place place_of(const yaml_mark_t *mark)
{
    return (struct place){ (int)mark->line + 1, (int)mark->column + 1 };
}

/* The place of a byte; columns count characters. */
static struct place place_at(const struct reader *r, size_t offset)
{
    struct place at = { 1, 1 };

    for (size_t i = 0; i < offset && i < r->len; i++) {
        at.column += ((unsigned char)r->text[i] & 0xc0) != 0x80;
        if (r->text[i] == '\n')
            at = (struct place){ at.line + 1, 1 };
    }
    return at;
}

/* Reports a character other than a space that indents this line: a tab, or one that looks like a
 * space. */
static bool indent_wrong(const struct reader *r, int line)
{
    const char *p = r->text, *end = r->text + r->len;
    struct place at = { line, 1 };
    uint32_t c;

    while (--line && p && p < end) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : NULL;
    }
    while (p && p < end && *p == ' ' && at.column++)
        p++;
    if (!p || p >= end || *p == '\n' || *p == '\r')
        return false;
    (void)utf8_next(p, &c); /* the text ends with a NUL */
    if (!utf8_invisible(c))
        return false;
    if (c == '\t')
        report_add(r->report, at, "", "a tab indents this line; use spaces");
    else
        report_add(r->report, at, "", "U+%04X indents this line; use spaces", (unsigned)c);
    return true;
}

static const char *yaml_hint(const char *problem)
{
    static const char *const hints[][2] = {
        { "mapping values are not allowed", " (put a text that holds ': ' in quotes)" },
        { "did not find expected ',' or '}'",
          " (inside { } and [ ], put a text with ${...} in quotes)" },
        { "did not find expected ',' or ']'",
          " (inside { } and [ ], put a text with ${...} in quotes)" },
        { "cannot start any token",
          " (put a text that begins with a special character in quotes)" },
        { "did not find expected alphabetic or numeric character",
          " (put a text that begins with * or & in quotes; in a schedule, cron(...) needs "
          "none)" },
        { "did not find expected key", " (check the indentation of this line and the one before)" },
    };

    for (size_t i = 0; i < COUNTOF(hints); i++)
        if (strstr(problem, hints[i][0]))
            return hints[i][1];
    return "";
}

/* NULL, so that a reader can return it. */
static void *reader_failed(struct reader *r)
{
    const char *problem = r->parser.problem ? r->parser.problem : "unreadable";
    struct place at = place_of(&r->parser.problem_mark);

    if (r->parser.error == YAML_READER_ERROR && strstr(problem, "UTF-8"))
        report_add(r->report, place_at(r, r->parser.problem_offset), "",
                   "this text is not valid UTF-8");
    else if (r->parser.error == YAML_READER_ERROR)
        report_add(r->report, place_at(r, r->parser.problem_offset), "",
                   "a character that YAML does not allow (U+%04X)",
                   (unsigned)r->parser.problem_value);
    else if (!indent_wrong(r, at.line))
        report_add(r->report, at, "", "invalid YAML: %s%s", problem, yaml_hint(problem));
    return NULL;
}

static void *reader_refused(struct reader *r, const yaml_event_t *event, const char *why)
{
    report_add(r->report, place_of(&event->start_mark), "", "%s", why);
    return NULL;
}

static struct ynode *reader_node(struct reader *r, yaml_event_t *event, int depth);

static bool reader_next(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    (void)reader_failed(r);
    return false;
}

/* Nodes and bytes of text of a tree, added up. */
static void ynode_size(const struct ynode *node, size_t *nodes, size_t *bytes)
{
    *nodes += 1;
    *bytes += node->text ? strlen(node->text) : 0;
    for (size_t i = 0; i < node->n; i++) {
        *bytes += node->members[i].key ? strlen(node->members[i].key) : 0;
        ynode_size(node->members[i].value, nodes, bytes);
    }
}

/* False when another copy of node would exceed the limits. */
static bool reader_may_copy(struct reader *r, const struct ynode *node)
{
    ynode_size(node, &r->nodes, &r->copied);
    return r->nodes <= YAML_NODES_MAX && r->copied <= YAML_GROWN_MAX;
}

/* An anchor that exceeds the limits is not stored: its aliases are refused. */
static void reader_anchor(struct reader *r, const yaml_char_t *name, const struct ynode *node)
{
    size_t nodes = 0;

    if (!name)
        return;
    ynode_size(node, &nodes, &r->copied);
    if (r->copied > YAML_GROWN_MAX)
        return;
    r->anchors = xrealloc(r->anchors, (r->n_anchors + 1) * sizeof(*r->anchors));
    r->anchors[r->n_anchors++] = (struct anchor){ xstrdup((const char *)name), ynode_copy(node) };
}

static struct ynode *reader_alias(struct reader *r, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;

    for (size_t i = r->n_anchors; i-- > 0;) {
        if (strcmp(r->anchors[i].name, name) != 0)
            continue;
        if (!reader_may_copy(r, r->anchors[i].node))
            return reader_refused(r, event, "aliases make this file too large");
        return ynode_copy(r->anchors[i].node);
    }
    if (r->copied > YAML_GROWN_MAX)
        return reader_refused(r, event, "aliases make this file too large");
    report_add(r->report, place_of(&event->start_mark), "",
               "unknown alias '*%s': no '&%s' before it; put a text that begins with * in quotes",
               name, name);
    return NULL;
}

static bool tag_known(const yaml_char_t *tag)
{
    return !tag || strcmp((const char *)tag, "!") == 0 ||
           strcmp((const char *)tag, YAML_STR_TAG) == 0;
}

static struct ynode *reader_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    struct ynode *node;

    if (!tag_known(event->data.scalar.tag))
        return reader_refused(r, event, "YAML tags (!...) are not supported");
    if (memchr(text, '\0', n))
        return reader_refused(r, event, "a text cannot hold the character U+0000");
    node = xcalloc(1, sizeof(*node));
    node->text = xstrndup(text, n);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
    node->at = place_of(&event->start_mark);
    reader_anchor(r, event->data.scalar.anchor, node);
    return node;
}

static bool reader_list(struct reader *r, struct ynode *node, int depth)
{
    for (;;) {
        yaml_event_t event;
        struct ynode *value;
        if (!reader_next(r, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return true;
        }
        value = reader_node(r, &event, depth + 1);
        if (!value)
            return false;
        ynode_add(node, NULL, value->at, value);
    }
}

/* base's members that node does not have itself. */
static bool merge_missing(struct reader *r, struct ynode *node, const struct ynode *base)
{
    if (base->kind != YNODE_MAP) {
        report_add(r->report, base->at, "<<", "expected a map, or a list of maps");
        return false;
    }
    for (size_t i = 0; i < base->n; i++) {
        if (ynode_member(node, base->members[i].key))
            continue;
        if (!reader_may_copy(r, base->members[i].value)) {
            report_add(r->report, node->at, "<<", "merges make this file too large");
            return false;
        }
        ynode_add(node, base->members[i].key, base->members[i].at,
                  ynode_copy(base->members[i].value));
    }
    return true;
}

static bool reader_merge(struct reader *r, struct ynode *node, const struct ynode *from)
{
    if (from->kind != YNODE_LIST)
        return merge_missing(r, node, from);
    for (size_t i = 0; i < from->n; i++)
        if (!merge_missing(r, node, from->members[i].value))
            return false;
    return true;
}

static struct ynode *reader_value(struct reader *r, int depth)
{
    yaml_event_t event;

    return reader_next(r, &event) ? reader_node(r, &event, depth) : NULL;
}

/* One member; the maps of << are kept apart. */
static bool reader_member(struct reader *r, struct ynode *node, struct ynode *bases,
                          struct ynode *key, int depth)
{
    struct ynode *value;

    if (key->kind != YNODE_SCALAR) {
        report_add(r->report, key->at, "", "a key must be one word, not a list or a map");
        return false;
    }
    value = reader_value(r, depth + 1);
    if (value)
        ynode_add(key->plain && strcmp(key->text, "<<") == 0 ? bases : node, key->text, key->at,
                  value);
    return value != NULL;
}

/* Merges come last: a map's own members win. */
static bool reader_map(struct reader *r, struct ynode *node, struct ynode *bases, int depth)
{
    for (;;) {
        yaml_event_t event;
        struct ynode *key;
        bool ok;
        if (!reader_next(r, &event))
            return false;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        key = reader_node(r, &event, depth + 1);
        ok = key && reader_member(r, node, bases, key, depth);
        ynode_free(key);
        if (!ok)
            return false;
    }
    for (size_t i = 0; i < bases->n; i++)
        if (!reader_merge(r, node, bases->members[i].value))
            return false;
    return true;
}

static struct ynode *reader_collection(struct reader *r, const yaml_event_t *event, int depth)
{
    bool map = event->type == YAML_MAPPING_START_EVENT, ok;
    struct ynode *node, *bases;

    if (map ? !event->data.mapping_start.implicit : !event->data.sequence_start.implicit)
        return reader_refused(r, event, "YAML tags (!...) are not supported");
    node = xcalloc(1, sizeof(*node));
    bases = xcalloc(1, sizeof(*bases));
    node->kind = map ? YNODE_MAP : YNODE_LIST;
    node->at = place_of(&event->start_mark);
    ok = map ? reader_map(r, node, bases, depth) : reader_list(r, node, depth);
    ynode_free(bases);
    if (ok)
        reader_anchor(r, map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
                      node);
    else
        ynode_free(node);
    return ok ? node : NULL;
}

/* Frees the event. */
static struct ynode *reader_node(struct reader *r, yaml_event_t *event, int depth)
{
    struct ynode *node = NULL;

    if (depth > YAML_DEPTH_MAX || ++r->nodes > YAML_NODES_MAX)
        (void)reader_refused(r, event,
                             depth > YAML_DEPTH_MAX ? "nested too deeply"
                                                    : "the file holds too many values");
    else if (event->type == YAML_ALIAS_EVENT)
        node = reader_alias(r, event);
    else if (event->type == YAML_SCALAR_EVENT)
        node = reader_scalar(r, event);
    else
        node = reader_collection(r, event, depth);
    yaml_event_delete(event);
    return node;
}

/* Duplicate keys, everywhere; only the first stays. */
static void drop_twins(struct report *report, struct ynode *node, const char *path)
{
    auto_json json_t *seen = json_object();
    size_t kept = 0;

    for (size_t i = 0; i < node->n; i++) {
        struct ymember m = node->members[i];
        auto_free char *below = m.key ? xasprintf("%s%s%s", path, *path ? "." : "", m.key)
                                      : xasprintf("%s[%zu]", path, i);
        const json_t *first = m.key ? json_object_get(seen, m.key) : NULL;
        if (first) {
            report_add(report, m.at, below, "duplicate key; the first is on line %d",
                       (int)json_integer_value(first));
            free(m.key);
            ynode_free(m.value);
            continue;
        }
        if (m.key)
            (void)json_object_set_new_nocheck(seen, m.key,
                                              json_integer(m.at.line)); /* cannot fail */
        drop_twins(report, m.value, below);
        node->members[kept++] = m;
    }
    node->n = kept;
}

/* The document's root; NULL after an error, or for an empty document. */
static struct ynode *reader_document(struct reader *r)
{
    yaml_event_t event;
    struct ynode *root = NULL;

    for (;;) {
        yaml_event_type_t type;
        if (!reader_next(r, &event))
            break;
        type = event.type;
        if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_END_EVENT ||
            (type == YAML_DOCUMENT_START_EVENT && !root)) {
            yaml_event_delete(&event);
            continue;
        }
        if (type == YAML_STREAM_END_EVENT && root) {
            yaml_event_delete(&event);
            return root;
        }
        if (type == YAML_STREAM_END_EVENT || type == YAML_DOCUMENT_START_EVENT) {
            (void)reader_refused(r, &event,
                                 root ? "a second document begins here; only one is allowed"
                                      : "the file is empty; run 'fifoq init' to create one");
            yaml_event_delete(&event);
            break;
        }
        root = reader_node(r, &event, 0);
        if (!root)
            return NULL;
    }
    ynode_free(root);
    return NULL;
}

struct ynode *yaml_read(const char *text, size_t n, struct report *report)
{
    static const char bom[] = "\xef\xbb\xbf";
    struct reader r = { .report = report, .text = text, .len = n };
    auto_free char *json = NULL;
    struct ynode *root;

    if (n > YAML_BYTES_MAX) {
        report_add(report, (struct place){ 1, 1 }, "",
                   "the file is too large: %zu bytes, at most %zu", n, YAML_BYTES_MAX);
        return NULL;
    }
    if (n >= 3 && memcmp(text, bom, 3) == 0) {
        r.text += 3;
        r.len -= 3;
    }
    json = yaml_of_json(r.text, r.len);
    if (json) {
        r.text = json;
        r.len = strlen(json);
    }
    if (!yaml_parser_initialize(&r.parser))
        abort(); /* out of memory */
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.len);
    root = reader_document(&r);
    if (root)
        drop_twins(report, root, "");
    yaml_parser_delete(&r.parser);
    for (size_t i = 0; i < r.n_anchors; i++) {
        free(r.anchors[i].name);
        ynode_free(r.anchors[i].node);
    }
    free(r.anchors);
    return root;
}
