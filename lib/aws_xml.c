/* aws_xml.c: the XML of Query services as JSON of texts; lib/aws_answer.c knows the types. */
#include "aws_wire.h"
#include "mem.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

/* An open element: it has children (a list of <member>s, a map of <entry>s, or named ones) or it is
 * text. */
struct element {
    char *name;
    json_t *children; /* NULL so far */
    struct buf text;
};

struct reader {
    XML_Parser parser;
    struct element open[MAX_DEPTH];
    size_t depth;
    json_t *root; /* { the outermost element: its content } */
    const char *refused;
};

static void reader_stop(struct reader *x, const char *why)
{
    x->refused = why;
    (void)XML_StopParser(x->parser, XML_FALSE);
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *x = arg;

    (void)attributes;
    if (x->depth == MAX_DEPTH) {
        reader_stop(x, "nested too deeply");
        return;
    }
    x->open[x->depth++] = (struct element){ .name = xstrdup(name), .text = BUF(BUF_LARGE) };
}

static void on_text(void *arg, const XML_Char *text, int n)
{
    struct reader *x = arg;

    if (x->depth)
        buf_add(&x->open[x->depth - 1].text, text, (size_t)n);
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *sysid,
                       const XML_Char *pubid, int has_internal_subset)
{
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)has_internal_subset;
    reader_stop(arg, "document types are not allowed");
}

/* Takes over value. */
static void child_add(struct element *parent, const char *name, json_t *value)
{
    if (strcmp(name, "member") == 0) {
        if (!parent->children)
            parent->children = json_array();
        (void)json_array_append_new(parent->children, value); /* fails, and frees, on an object */
        return;
    }
    if (!parent->children)
        parent->children = json_object();
    if (strcmp(name, "entry") == 0) {
        const char *key = json_string_value(json_object_get(value, "key"));

        (void)json_object_set(parent->children, key ? key : "", json_object_get(value, "value"));
        json_decref(value);
        return;
    }
    (void)json_object_set_new(parent->children, name, value);
}

static void on_end(void *arg, const XML_Char *name)
{
    struct reader *x = arg;
    struct element *el = &x->open[--x->depth];
    json_t *value = el->children ? steal(el->children) : json_string(buf_str(&el->text));

    if (x->depth)
        child_add(&x->open[x->depth - 1], name, value);
    else
        x->root = json_pack("{s:o}", name, value);
    free(el->name);
    buf_done(&el->text);
}

static void reader_done(struct reader *x)
{
    while (x->depth) {
        struct element *el = &x->open[--x->depth];

        free(el->name);
        json_decref(el->children);
        buf_done(&el->text);
    }
    json_decref(x->root);
    XML_ParserFree(x->parser);
}

static int reader_run(struct reader *x, const char *text, size_t n, json_t **out, struct err *e)
{
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    if (XML_Parse(x->parser, text, (int)n, XML_TRUE) != XML_STATUS_OK)
        return err_set(e, ERR_PARSE, "is not valid XML: %s (line %lu); " AWS_SOMEBODY_ELSE,
                       x->refused ? x->refused : XML_ErrorString(XML_GetErrorCode(x->parser)),
                       (unsigned long)XML_GetCurrentLineNumber(x->parser));
    *out = steal(x->root);
    return 0;
}

int aws_xml_parse(const char *text, size_t n, json_t **out, struct err *e)
{
    static const XML_Memory_Handling_Suite memory = { xmalloc, xrealloc, free_cleansed };
    struct reader x = { .parser = XML_ParserCreate_MM(NULL, &memory, NULL) };
    int rc;

    if (n > INT32_MAX) {
        XML_ParserFree(x.parser);
        return err_set(e, ERR_PARSE, "is too large");
    }
    rc = reader_run(&x, text, n, out, e);
    reader_done(&x);
    return rc;
}
