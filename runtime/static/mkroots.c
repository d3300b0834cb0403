/*
 * mkroots.c: a build-time tool: `mkroots OUT PLACE` writes the certificates of PLACE (a folder of
 * *.crt files, or one bundle; PEM) as a file that runtime/roots.c searches without parsing: a count
 * (16 bits), then for each certificate the hash of its subject as OpenSSL computes it (32 bits),
 * its length (16 bits), all little endian, and its DER. Sorted and without doubles, so that the
 * bytes depend on the certificates alone.
 */
#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROOTS_MAX 2000

struct root {
    unsigned char *der;
    int der_len;
    uint32_t subject_hash;
};

static struct root roots[ROOTS_MAX];
static size_t n_roots;

static int fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "mkroots: '%s': %s\n", what, why);
    return -1;
}

static int root_add(const char *file, X509 *x)
{
    int ok = 0;
    struct root r = { 0 };
    r.subject_hash = (uint32_t)X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, &ok);
    r.der_len = i2d_X509(x, &r.der);
    if (!ok || r.der_len <= 0 || r.der_len > UINT16_MAX)
        return fail(file, "holds a certificate that cannot be written");
    if (n_roots == ROOTS_MAX)
        return fail(file, "holds more certificates than anybody trusts");
    roots[n_roots++] = r;
    return 0;
}

static int read_file(const char *file)
{
    FILE *f = fopen(file, "r");
    int rc = 0;
    X509 *x;

    if (!f)
        return fail(file, "cannot be opened");
    while (rc == 0 && (x = PEM_read_X509(f, NULL, NULL, NULL))) {
        rc = root_add(file, x);
        X509_free(x);
    }
    (void)fclose(f); /* only read from */
    return rc;
}

static int is_crt(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".crt") == 0;
}

static int read_folder(const char *folder)
{
    struct dirent **names;
    int n = scandir(folder, &names, is_crt, alphasort), rc = 0;
    if (n < 0)
        return fail(folder, "cannot be listed");
    for (int i = 0; i < n; i++) {
        char path[4096];
        int len = snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
        if (rc == 0)
            rc = len < (int)sizeof(path) ? read_file(path) : fail(folder, "is too long a name");
        free(names[i]);
    }
    free(names);
    return rc;
}

static int root_cmp(const void *va, const void *vb)
{
    const struct root *a = va, *b = vb;
    if (a->der_len != b->der_len)
        return a->der_len < b->der_len ? -1 : 1;
    return memcmp(a->der, b->der, (size_t)a->der_len);
}

static void drop_doubles(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < n_roots; i++)
        if (kept == 0 || root_cmp(&roots[kept - 1], &roots[i]) != 0)
            roots[kept++] = roots[i];
        else
            OPENSSL_free(roots[i].der);
    n_roots = kept;
}

static void put(FILE *f, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        (void)fputc((int)(value >> (8 * i) & 0xff), f); /* ferror is asked at the end */
}

static int write_roots(const char *out)
{
    FILE *f = fopen(out, "wb");
    int failed = 0;

    if (!f)
        return fail(out, "cannot be opened");
    put(f, (uint32_t)n_roots, 2);
    for (size_t i = 0; i < n_roots; i++) {
        put(f, roots[i].subject_hash, 4);
        put(f, (uint32_t)roots[i].der_len, 2);
        (void)fwrite(roots[i].der, 1, (size_t)roots[i].der_len, f);
        OPENSSL_free(roots[i].der);
    }
    failed = ferror(f);
    if (fclose(f) != 0 || failed)
        return fail(out, "cannot be written");
    return 0;
}

int main(int argc, char **argv)
{
    struct stat st;
    if (argc != 3)
        return fail("usage", "mkroots OUT FOLDER|BUNDLE") != 0;
    if (stat(argv[2], &st) != 0)
        return fail(argv[2], "is not there") != 0;
    if ((S_ISDIR(st.st_mode) ? read_folder(argv[2]) : read_file(argv[2])) != 0)
        return 1;
    if (n_roots == 0)
        return fail(argv[2], "holds no certificate; the package ca-certificates has them") != 0;
    qsort(roots, n_roots, sizeof(roots[0]), root_cmp);
    drop_doubles();
    return write_roots(argv[1]) != 0;
}
