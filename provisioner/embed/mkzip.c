/*
 * mkzip.c: a build-time tool: `mkzip OUT.zip FILE` writes a zip with FILE as the executable
 * `bootstrap`. Its bytes depend only on FILE's: compressing at build time keeps the package's
 * digest independent of the user's zlib.
 */
#include <stdio.h>
#include <zip.h>

enum { DOS_DATE_1980_01_01 = 0x21 }; /* the earliest date of a zip: year, month and day */
#define UNIX_EXECUTABLE (0100755u << 16)

static int fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "mkzip: %s: %s\n", what, why);
    return 1;
}

static int add(zip_t *z, const char *file)
{
    zip_source_t *s = zip_source_file(z, file, 0, -1);
    zip_int64_t added = 0;
    zip_uint64_t i;

    if (!s)
        return -1;
    added = zip_file_add(z, "bootstrap", s, 0);
    if (added < 0) {
        zip_source_free(s);
        return -1;
    }
    i = (zip_uint64_t)added;
    if (zip_set_file_compression(z, i, ZIP_CM_DEFLATE, 9) != 0 ||
        zip_file_set_dostime(z, i, 0, DOS_DATE_1980_01_01, 0) != 0)
        return -1;
    return zip_file_set_external_attributes(z, i, 0, ZIP_OPSYS_UNIX, UNIX_EXECUTABLE);
}

int main(int argc, char **argv)
{
    int code = 0;
    zip_t *z = NULL;

    if (argc != 3)
        return fail("usage", "mkzip OUT.zip FILE");

    z = zip_open(argv[1], ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (!z)
        return fail(argv[1], "cannot be opened");
    if (add(z, argv[2]) != 0) {
        (void)fail(argv[2], zip_strerror(z));
        zip_discard(z);
        return 1;
    }
    if (zip_close(z) != 0) {
        (void)fail(argv[1], zip_strerror(z));
        zip_discard(z);
        return 1;
    }
    return 0;
}
