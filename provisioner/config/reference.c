/* reference.c: the configuration's reference page, from the table of fields. */
#include "config/config.h"
#include "config/fields.h"

#include <string.h>

static const char head[] =
    "# The configuration, `fifoq.yaml`\n"
    "\n"
    "This page is generated from the program's table of fields (`fifoq config --reference`);\n"
    "`fifoq config --schema` prints the same as a JSON Schema for editors.\n"
    "\n"
    "- The file is YAML (so JSON works too): one document, UTF-8, indented with spaces. Anchors, "
    "aliases and `<<` work.\n"
    "- Every error names its line and column, and all of them are printed. Unknown keys and keys "
    "given twice are "
    "errors.\n"
    "- Put texts that YAML readers take for something else (`no`, `on`, `123`) in quotes, and "
    "inside `{ }` and `[ ]` also texts with `${...}`.\n"
    "- Durations carry their unit: `90s`, `6m`, `12h`, `14d`.\n"
    "- `P` below is the pipeline: `name`, or `name-ENV` with `--env ENV`.\n"
    "- `[]` means each element of a list, `*` any key.\n";

static const char tail[] =
    "\n"
    "## Templates\n"
    "\n"
    "A template is a text, or JSON whose texts hold placeholders. A text that is one placeholder "
    "takes the value with "
    "its\n"
    "type; inside a longer text it is text.\n"
    "\n"
    "| placeholder | meaning |\n"
    "|---|---|\n"
    "| `${item.customer.id}` | a member of a member |\n"
    "| `${item.lines[0].sku}` | the first element of a list |\n"
    "| `${item[\"odd name\"]}` | a name with other characters than letters, digits, `_` and `-` |\n"
    "| `${item.note:-none}` | a default for a missing value: `true`, `false`, `null` and numbers "
    "are typed, "
    "`\"...\"` is a JSON string, all else is text |\n"
    "| `${message.Message:fromjson.id}` | a member of a text that is JSON, such as SNS's "
    "notifications |\n"
    "| `${item.lines:tojson}` | a value as JSON text |\n"
    "| `$${` | a literal `${` |\n"
    "\n"
    "In `ingest` there are `item`, `old`, `event.id`, `event.name`, `event.time`, `event.sequence` "
    "and `table`; in "
    "`drain`\n"
    "`message`, `id`, `group`, `sequence`, `attempt` and `param.NAME`. What has no value and no "
    "default is a reject "
    "(`on_reject`).\n"
    "\n"
    "A value never leaves its place: in a url it is percent-encoded and may not make a segment of "
    "the path empty, "
    "`.` or `..`;\n"
    "in a header line breaks and control characters are refused; in a body it is JSON, "
    "percent-encoded (`form`), escaped\n"
    "(`xml`), or as it is (`text`). null in the path of a url is refused.\n"
    "\n"
    "## Bodies\n"
    "\n"
    "| `body_type` | `body` | Content-Type |\n"
    "|---|---|---|\n"
    "| `json` | any JSON; members keep the order of this file; null: the message, byte for byte "
    "| `application/json` |\n"
    "| `form` | a map of texts, numbers, true, false, and lists of these (the name is repeated); "
    "null leaves a field out | `application/x-www-form-urlencoded` |\n"
    "| `text` | one text | `text/plain; charset=utf-8` |\n"
    "| `xml` | one text; values are escaped, and what XML cannot hold is a reject | "
    "`application/xml` |\n";

/* In a cell of a Markdown table. */
static void put_cell(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
}

static void put_takes(const struct field *f, struct buf *out)
{
    auto_buf allowed = BUF(BUF_SMALL);

    field_allowed(f, &allowed);
    put_cell(buf_str(&allowed), out);
    if (f->flags & FIELD_NULLABLE)
        buf_puts(out, ", or null");
}

static void put_field(const struct field *f, struct buf *out)
{
    buf_puts(out, "| `");
    put_cell(f->path, out);
    buf_puts(out, "` | ");
    put_takes(f, out);
    buf_puts(out, " | ");
    if (f->flags & FIELD_REQUIRED)
        buf_puts(out, "required");
    else if (f->fallback)
        buf_printf(out, "`%s`", f->fallback);
    buf_puts(out, " | ");
    put_cell(f->help, out);
    buf_puts(out, " |\n");
}

static const char table_head[] = "\n| field | value | default | meaning |\n|---|---|---|---|\n";

void config_reference(struct buf *out)
{
    buf_puts(out, head);
    buf_puts(out, table_head);
    for (size_t i = 0; i < n_config_fields; i++) {
        const struct field *f = &config_fields[i];
        size_t n = strcspn(f->path, ".[");
        bool section = !f->path[n] && f->type == FIELD_MAP && strcmp(f->path, "tags") != 0;
        if (section) {
            buf_printf(out, "\n## %s\n\n%s\n%s", f->path, f->help, table_head);
            continue;
        }
        put_field(f, out);
    }
    buf_puts(out, tail);
}
