/* acked.c: a ring of digests, and a hash table of positions in it. */
#include "acked.h"

#include "mem.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RING = 1 << 16, SLOTS = RING * 2, DIGEST = 16 };

struct acked {
    unsigned char (*ring)[DIGEST];
    uint32_t *slots; /* position in the ring + 1; 0: free */
    size_t next, n;
    EVP_MD *sha256; /* fetched once: each look-up costs more than the digest */
};

struct acked *acked_new(void)
{
    struct acked *a = xcalloc(1, sizeof(*a));

    a->ring = xcalloc(RING, sizeof(*a->ring));
    a->slots = xcalloc(SLOTS, sizeof(*a->slots));
    a->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    return a;
}

void acked_free(struct acked *a)
{
    if (!a)
        return;
    EVP_MD_free(a->sha256);
    free(a->ring);
    free(a->slots);
    free(a);
}

static void digest_of(const struct acked *a, const char *id, unsigned char out[static DIGEST])
{
    unsigned char all[EVP_MAX_MD_SIZE];

    if (EVP_Digest(id, strlen(id), all, NULL, a->sha256, NULL) != 1)
        abort();
    memcpy(out, all, DIGEST);
}

static size_t slot_of(const unsigned char digest[static DIGEST])
{
    uint32_t h;

    memcpy(&h, digest, sizeof(h));
    return h % SLOTS;
}

/* Where the digest is, or the free slot where it would go. */
static size_t find(const struct acked *a, const unsigned char digest[static DIGEST])
{
    size_t s = slot_of(digest);

    while (a->slots[s] && memcmp(a->ring[a->slots[s] - 1], digest, DIGEST) != 0)
        s = (s + 1) % SLOTS;
    return s;
}

/* Linear probing without tombstones: the entries after the hole move up where they can. */
static void slot_clear(struct acked *a, size_t hole)
{
    size_t s = hole;

    a->slots[hole] = 0;
    for (;;) {
        size_t home;
        s = (s + 1) % SLOTS;
        if (!a->slots[s])
            return;
        home = slot_of(a->ring[a->slots[s] - 1]);
        if ((s + SLOTS - home) % SLOTS < (s + SLOTS - hole) % SLOTS)
            continue;
        a->slots[hole] = a->slots[s];
        a->slots[s] = 0;
        hole = s;
    }
}

void acked_add(struct acked *a, const char *id)
{
    unsigned char digest[DIGEST];
    size_t s;

    digest_of(a, id, digest);
    if (a->slots[find(a, digest)])
        return;
    if (a->n == RING)
        slot_clear(a, find(a, a->ring[a->next]));
    else
        a->n++;
    s = find(a, digest);
    memcpy(a->ring[a->next], digest, DIGEST);
    a->slots[s] = (uint32_t)a->next + 1;
    a->next = (a->next + 1) % RING;
}

bool acked_has(const struct acked *a, const char *id)
{
    unsigned char digest[DIGEST];

    digest_of(a, id, digest);
    return a->slots[find(a, digest)] != 0;
}
