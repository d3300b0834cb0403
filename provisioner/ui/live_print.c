/* live_print.c: prints a line for each live test. */
#include "ui/live_print.h"

#include "mem.h"
#include "ui/terminal.h"
#include "ui/wrap.h"

enum {
    WORD_WIDTH = 7,
    WHAT_WIDTH = 14,
    TEXT_AT = 2 + WORD_WIDTH + 2 + WHAT_WIDTH + 2,
};

static enum color color_of(enum live_verdict v)
{
    return v == LIVE_WORKS ? COLOR_GREEN : v == LIVE_FAILED ? COLOR_RED : COLOR_DIM;
}

void live_print_text(const struct live *l, FILE *to)
{
    if (l->n)
        (void)fputs("tested now\n", to);
    for (size_t i = 0; i < l->n; i++) {
        const struct live_finding *f = &l->list[i];
        auto_free char *text = xasprintf("%s: %s", f->destination, f->text);
        (void)fprintf(to, "  %s%-*s%s  %-*s  ", color_on(to, color_of(f->verdict)), WORD_WIDTH,
                      live_word(f->verdict), color_off(to), WHAT_WIDTH, f->what);
        print_wrapped(text, TEXT_AT, to);
    }
    if (l->n)
        (void)fputc('\n', to);
}

json_t *live_json(const struct live *l)
{
    json_t *list = json_array();

    for (size_t i = 0; i < l->n; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "destination",
                                                    l->list[i].destination, "what", l->list[i].what,
                                                    "verdict", live_word(l->list[i].verdict),
                                                    "text", l->list[i].text));
    return list;
}
