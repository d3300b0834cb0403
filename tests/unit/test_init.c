/* test_init.c: `fifoq init` and the files that it writes: complete, valid, and never over existing
 * files. */
#include "unit.h"

#include "commands/verb.h"
#include "config/config.h"
#include "files.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int enter_new_folder(void **state)
{
    char folder[] = "/tmp/fifoq-init-XXXXXX";

    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    *state = xstrdup(folder);
    return 0;
}

static int leave_folder(void **state)
{
    auto_free char *folder = *state;

    (void)unlink("fifoq.yaml");
    (void)unlink("other.yaml");
    (void)unlink(".gitignore");
    (void)unlink(".github/workflows/fifoq-drift.yml");
    (void)rmdir(".github/workflows");
    (void)rmdir(".github");
    return chdir("/") != 0 || rmdir(folder) != 0 ? -1 : 0; /* nothing else is left */
}

/* The messages are written to a file, so that the test's own output stays readable. */
static int run_init(const char *name, const char *file, struct err *e)
{
    char *args[] = { (char *)name };
    struct options o = { .file = file, .args = args, .n_args = name ? 1 : 0 };
    int saved = dup(STDOUT_FILENO), result;
    FILE *words = tmpfile();

    (void)fflush(stdout);
    (void)dup2(fileno(words), STDOUT_FILENO);
    result = verb_init.run(&o, e);
    (void)fflush(stdout);
    (void)dup2(saved, STDOUT_FILENO);
    (void)close(saved);
    (void)fclose(words);
    return result;
}

static char *text_of(const char *path)
{
    struct err e = { 0 };
    char *text = NULL;

    if (file_read(path, &text, &e) < 0 || !text)
        fail_msg("'%s': %s", path, e.msg);
    return text;
}

static void what_it_writes_is_right(void **state)
{
    struct err e = { 0 };
    struct config c = { 0 };
    struct problems p = { 0 };

    (void)state;
    assert_int_equal(run_init("parcels-2", NULL, &e), EXIT_DONE);
    if (config_load("fifoq.yaml", NULL, &c, &p, &e) < 0)
        fail_msg("%s: %s", e.msg, p.n ? p.list[0].text : "");
    assert_string_equal(c.name, "parcels-2");
    config_done(&c);

    auto_free char *ignored = text_of(".gitignore");
    assert_string_equal(ignored, ".env\n*.secret\n");
}

static void what_is_there_stays(void **state)
{
    struct err e = { 0 };
    bool made = false;

    (void)state;
    assert_int_equal(file_create("fifoq.yaml", "mine", 4, &made, &e), 0);
    assert_true(made);
    assert_int_equal(run_init(NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_non_null(strstr(e.msg, "'fifoq.yaml'"));
    assert_int_equal(access(".gitignore", F_OK), -1);

    auto_free char *text = text_of("fifoq.yaml");
    assert_string_equal(text, "mine");
    assert_int_equal(run_init(NULL, "other.yaml", &e), EXIT_DONE);
}

static void gitignore_is_only_extended(void **state)
{
    struct err e = { 0 };

    (void)state;
    assert_int_equal(file_replace(".gitignore", "*.env\n.env\nbuild", 16, &e), 0);
    assert_int_equal(run_init(NULL, NULL, &e), EXIT_DONE);
    auto_free char *once = text_of(".gitignore");
    assert_string_equal(once, "*.env\n.env\nbuild\n*.secret\n");
    assert_int_equal(run_init(NULL, "other.yaml", &e), EXIT_DONE);
    auto_free char *twice = text_of(".gitignore");
    assert_string_equal(twice, once);
}

static void names_that_cannot_be(void **state)
{
    static const char *const names[] = { "Orders", "1st", "-a", "", "a_b", "a b" };

    (void)state;
    for (size_t i = 0; i < COUNTOF(names); i++) {
        struct err e = { 0 };
        assert_int_equal(run_init(names[i], NULL, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_int_equal(access("fifoq.yaml", F_OK), -1);
    }
}

static void files_obey_the_umask_and_say_what_is_wrong(void **state)
{
    struct err e = { 0 };
    struct stat st;
    mode_t old = umask(027);

    (void)state;
    assert_int_equal(file_replace("other.yaml", "a", 1, &e), 0);
    assert_int_equal(stat("other.yaml", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    (void)umask(old);
    assert_int_equal(file_replace("no/such/folder", "a", 1, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(e.msg, "'no/such/folder': No such file or directory");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_new_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_it_writes_is_right),
        IN_FOLDER(what_is_there_stays),
        IN_FOLDER(gitignore_is_only_extended),
        IN_FOLDER(names_that_cannot_be),
        IN_FOLDER(files_obey_the_umask_and_say_what_is_wrong),
    };

    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
