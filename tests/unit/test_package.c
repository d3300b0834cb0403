/* test_package.c: the zip: its content, and that only its content determines its bytes. */
#include "unit.h"

#include "embed/embed.h"
#include "encode.h"
#include "json.h"
#include "kinds/package.h"
#include "mem.h"
#include "text.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zip.h>

#define PROGRAM "not a program, but packed like one: 0123456789 0123456789 0123456789"

/* Replaces the embedded files: a zip as the build makes it, for arm64 only. */
static struct blob bootstrap;

const struct blob *embed_bootstrap_zip(const char *arch)
{
    return strcmp(arch, "arm64") == 0 ? &bootstrap : NULL;
}

const struct blob *embed_bootstrap_sha256(const char *arch)
{
    static char text[65];
    static const struct blob digest = { (const unsigned char *)text, sizeof(text) - 1 };

    sha256_hex(bootstrap.data, bootstrap.len, text);
    return strcmp(arch, "arm64") == 0 ? &digest : NULL;
}

static int make_bootstrap(void **state)
{
    zip_error_t trouble;
    zip_stat_t st;

    (void)state;
    zip_error_init(&trouble);
    zip_stat_init(&st);
    zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, &trouble);
    zip_source_keep(s);
    zip_t *z = zip_open_from_source(s, ZIP_TRUNCATE, &trouble);
    zip_int64_t i =
        zip_file_add(z, "bootstrap", zip_source_buffer(z, PROGRAM, sizeof(PROGRAM), 0), 0);
    assert_int_equal(i, 0);
    assert_int_equal(zip_set_file_compression(z, 0, ZIP_CM_DEFLATE, 9), 0);
    assert_int_equal(zip_file_set_dostime(z, 0, 0, 0x21, 0), 0);
    assert_int_equal(zip_file_set_external_attributes(z, 0, 0, ZIP_OPSYS_UNIX, 0100755u << 16), 0);
    assert_int_equal(zip_close(z), 0);
    assert_int_equal(zip_source_stat(s, &st), 0);
    unsigned char *data = xmalloc(st.size);
    assert_int_equal(zip_source_open(s), 0);
    assert_int_equal(zip_source_read(s, data, st.size), st.size);
    zip_source_close(s);
    zip_source_free(s);
    bootstrap = (struct blob){ data, st.size };
    return 0;
}

static int drop_bootstrap(void **state)
{
    (void)state;
    free((void *)bootstrap.data);
    return 0;
}

static struct config config_of(const char *name, const char *architecture)
{
    struct config c = { 0 };
    struct problems p = { 0 };
    struct err e = { 0 };
    auto_free char *text = xasprintf("name: %s\nregion: eu-west-1\ntable: {name: orders}\n"
                                     "ingest: {message: {id: '${item.id}'}}\n"
                                     "functions: {architecture: %s}\n",
                                     name, architecture);

    if (config_parse(text, strlen(text), "fifoq.yaml", NULL, &c, &p, &e) < 0)
        fail_msg("%s: %s", e.msg, p.n ? p.list[0].text : "");
    problems_done(&p);
    return c;
}

static struct package package_of(const char *name)
{
    struct config c = config_of(name, "arm64");
    struct package p = { 0 };
    struct err e = { 0 };

    if (package_make(&c, &p, &e) < 0)
        fail_msg("%s", e.msg);
    config_done(&c);
    return p;
}

/* Checks how one file is stored; returns its content, the caller frees. */
static char *content(zip_t *z, const char *name, int method, unsigned mode)
{
    zip_stat_t st;
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;

    zip_stat_init(&st);
    assert_int_equal(zip_stat(z, name, 0, &st), 0);
    assert_int_equal(st.comp_method, method);
    assert_int_equal(zip_file_get_external_attributes(z, st.index, 0, &system, &attributes), 0);
    assert_int_equal(system, ZIP_OPSYS_UNIX);
    assert_int_equal(attributes >> 16, mode);

    char *text = xcalloc(1, st.size + 1);
    zip_file_t *f = zip_fopen(z, name, 0);
    assert_int_equal(zip_fread(f, text, st.size), st.size);
    zip_fclose(f);
    return text;
}

static void both_files_are_in_it(void **state)
{
    struct package p = package_of("orders");
    zip_error_t trouble;

    (void)state;
    zip_error_init(&trouble);
    zip_t *z = zip_open_from_source(zip_source_buffer_create(p.zip, p.len, 0, &trouble), ZIP_RDONLY,
                                    &trouble);
    assert_non_null(z);
    assert_int_equal(zip_get_num_entries(z, 0), 2);
    auto_free char *program = content(z, "bootstrap", ZIP_CM_DEFLATE, 0100755);
    auto_free char *settings = content(z, "settings.json", ZIP_CM_STORE, 0100644);
    assert_string_equal(program, PROGRAM);

    auto_json json_t *read = json_loads(settings, 0, NULL);
    assert_string_equal(jget_str(read, "pipeline"), "orders");
    zip_discard(z);
    package_done(&p);
}

static void the_same_content_gives_the_same_bytes(void **state)
{
    struct package first = package_of("orders");

    (void)state;
    (void)setenv("TZ", "Pacific/Kiritimati", 1);
    tzset();
    (void)umask(077);
    struct package second = package_of("orders"), other = package_of("others");
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.zip, second.zip, first.len);
    assert_string_equal(first.code_sha256, second.code_sha256);
    assert_string_not_equal(first.code_sha256, other.code_sha256);
    assert_string_equal(first.code, other.code);
    package_done(&first);
    package_done(&second);
    package_done(&other);
}

/* No flag for the encoding of names: versions of libzip set it differently. */
static void headers_are_plain(void **state)
{
    struct package p = package_of("orders");
    int headers = 0;

    (void)state;
    for (size_t i = 0; i + 30 < p.len; i++) {
        if (memcmp(p.zip + i, "PK\3\4", 4) != 0)
            continue;
        headers++;
        assert_int_equal(p.zip[i + 7] & 0x08, 0);
        assert_memory_equal(p.zip + i + 10, "\0\0\x21\0", 4); /* 00:00:00 on 1 January 1980 */
    }
    assert_int_equal(headers, 2);
    package_done(&p);
}

static void the_code_names_the_build(void **state)
{
    struct package p = package_of("orders");
    char digest[65];

    (void)state;
    sha256_hex(bootstrap.data, bootstrap.len, digest);
    digest[8] = '\0';
    assert_true(str_starts(p.code, FIFOQ_VERSION "-"));
    assert_true(str_ends(p.code, digest));
    assert_null(package_code("x86_64"));
    package_done(&p);
}

static void an_architecture_that_is_not_inside(void **state)
{
    struct config c = config_of("orders", "x86_64");
    struct package p = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(package_make(&c, &p, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.msg, "'x86_64'"));
    assert_null(p.zip);
    config_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_files_are_in_it),
        cmocka_unit_test(the_same_content_gives_the_same_bytes),
        cmocka_unit_test(headers_are_plain),
        cmocka_unit_test(the_code_names_the_build),
        cmocka_unit_test(an_architecture_that_is_not_inside),
    };

    mem_init();
    return cmocka_run_group_tests(tests, make_bootstrap, drop_bootstrap);
}
