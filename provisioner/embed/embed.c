/* embed.c: finds an embedded file by its name. */
#include "embed/embed.h"

#include <string.h>

struct embed_entry {
    const char *name; /* NULL ends the table */
    struct blob blob;
};

extern const struct embed_entry embed_entries[]; /* embed.S */

static const struct blob *embed_find(const char *folder, const char *name, const char *suffix)
{
    size_t folder_len = strlen(folder), name_len = strlen(name);
    for (const struct embed_entry *f = embed_entries; f->name; f++)
        if (strncmp(f->name, folder, folder_len) == 0 &&
            strncmp(f->name + folder_len, name, name_len) == 0 &&
            strcmp(f->name + folder_len + name_len, suffix) == 0)
            return &f->blob;
    return NULL;
}

const struct blob *embed_bootstrap_zip(const char *arch)
{
    return embed_find("bootstrap/", arch, ".zip");
}

const struct blob *embed_bootstrap_sha256(const char *arch)
{
    return embed_find("bootstrap/", arch, ".sha256");
}

const struct blob *embed_template(const char *name)
{
    return embed_find("templates/", name, "");
}
