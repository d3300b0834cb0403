/* process_id.c: identifies a process through /proc. */
#include "engine/process_id.h"

#include "encode.h"
#include "mem.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PLACE_HEX = 16,
    STAT_MAX = 1024,
};
/* https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, counted from the ')' of the name */
enum { STATE_FIELD = 1, STARTED_FIELD = 20 };

static bool read_start(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(out, 1, size - 1, f) : 0;

    out[n] = '\0';
    if (f)
        (void)fclose(f);
    return n > 0;
}

/* A hash of the boot and the PID namespace: within both, a PID and its start are unique. */
static bool place(char out[static PLACE_HEX + 1])
{
    char text[256], hash[65];
    size_t n;
    ssize_t more;

    if (!read_start("/proc/sys/kernel/random/boot_id", text, sizeof(text) / 2))
        return false;
    n = strlen(text);
    more = readlink("/proc/self/ns/pid", text + n, sizeof(text) - n);
    if (more <= 0)
        return false;
    sha256_hex(text, n + (size_t)more, hash);
    (void)snprintf(out, PLACE_HEX + 1, "%.*s", PLACE_HEX, hash);
    return true;
}

/* The state of a process and its start in ticks since boot; false if it does not exist. */
static bool process_stat(long pid, char *state, unsigned long long *started)
{
    char path[64], text[STAT_MAX];
    const char *at;

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    if (!read_start(path, text, sizeof(text)) || !(at = strrchr(text, ')')))
        return false;
    for (int field = 0; (at = strchr(at, ' '));) {
        at++;
        field++;
        if (field == STATE_FIELD)
            *state = *at;
        if (field == STARTED_FIELD) {
            *started = strtoull(at, NULL, 10);
            return true;
        }
    }
    return false;
}

char *process_id(void)
{
    char where[PLACE_HEX + 1], state;
    unsigned long long started;

    if (!place(where) || !process_stat((long)getpid(), &state, &started))
        return xstrdup("");
    return xasprintf("%s-%ld-%llu", where, (long)getpid(), started);
}

bool process_ended(const char *id)
{
    char where[PLACE_HEX + 1], state = '?', *end = NULL;
    unsigned long long started = 0, wanted;
    long long pid;

    if (!place(where) || !str_starts(id, where) || id[PLACE_HEX] != '-')
        return false;
    pid = strtoll(id + PLACE_HEX + 1, &end, 10);
    if (pid <= 0 || *end != '-')
        return false;
    wanted = strtoull(end + 1, NULL, 10);
    if (!process_stat((long)pid, &state, &started)) /* /proc may hide other users' processes */
        return kill((pid_t)pid, 0) < 0 && errno == ESRCH;
    return started != wanted || state == 'Z' || state == 'X';
}
