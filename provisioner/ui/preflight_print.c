/* preflight_print.c: prints the findings of preflight. */
#include "ui/preflight_print.h"

#include "mem.h"
#include "ui/terminal.h"
#include "ui/wrap.h"

enum {
    WORD_WIDTH = 7,
    CHECK_WIDTH = 14,
    TEXT_AT = 2 + WORD_WIDTH + 2 + CHECK_WIDTH + 2,
};

static enum color color_of(enum preflight_verdict v)
{
    switch (v) {
    case PREFLIGHT_OK:
    case PREFLIGHT_NOTE: return COLOR_GREEN;
    case PREFLIGHT_WARNING: return COLOR_YELLOW;
    case PREFLIGHT_REFUSAL: return COLOR_RED;
    case PREFLIGHT_NONE:
    case PREFLIGHT_UNKNOWN: return COLOR_DIM;
    }
    return COLOR_NONE;
}

void preflight_print_text(const struct preflight *p, FILE *to)
{
    if (p->n)
        (void)fputs("before 'up'\n", to);
    for (size_t i = 0; i < p->n; i++) {
        const struct preflight_finding *one = &p->list[i];
        (void)fprintf(to, "  %s%-*s%s  %-*s  ", color_on(to, color_of(one->verdict)), WORD_WIDTH,
                      preflight_word(one->verdict), color_off(to), CHECK_WIDTH, one->check);
        print_wrapped(one->text, TEXT_AT, to);
    }
    if (p->n)
        (void)fputc('\n', to);
}

void preflight_print_warnings(const struct preflight *p, FILE *to)
{
    for (size_t i = 0; i < p->n; i++) {
        auto_free char *text = NULL;

        if (p->list[i].verdict != PREFLIGHT_WARNING && p->list[i].verdict != PREFLIGHT_NOTE)
            continue;
        text = xasprintf("%s: %s: %s", preflight_word(p->list[i].verdict), p->list[i].check,
                         p->list[i].text);
        print_wrapped(text, 0, to);
    }
}

json_t *preflight_json(const struct preflight *p)
{
    json_t *list = json_array();

    for (size_t i = 0; i < p->n; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "check", p->list[i].check,
                                                    "verdict", preflight_word(p->list[i].verdict),
                                                    "text", p->list[i].text));
    return list;
}
