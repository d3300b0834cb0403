/* verbs.c: all verbs, in the order in which help shows them. */
#include "commands/verb.h"
#include "suggest.h"

#include <string.h>

const struct verb *const verbs[] = {
    &verb_init,   &verb_check,     &verb_plan,    &verb_up,   &verb_drift,   &verb_down,
    &verb_list,   &verb_bootstrap, &verb_dev,     &verb_sqs,  &verb_package, &verb_policy,
    &verb_config, &verb_whoami,    &verb_version, &verb_help, NULL,
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *const *v = verbs; *v; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

int verb_unknown(const char *name, struct err *e)
{
    const char *names[COUNTOF(verbs)] = { NULL };
    const char *near = NULL;

    for (size_t i = 0; verbs[i]; i++)
        names[i] = verbs[i]->name;
    near = suggest_word(name, names, COUNTOF(verbs));
    if (near)
        return err_set(e, ERR_USAGE, "unknown command '%s'; did you mean '%s'?", name, near);
    return err_set(e, ERR_USAGE, "unknown command '%s'; see 'fifoq help'", name);
}
