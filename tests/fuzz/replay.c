/*
 * replay.c: runs a fuzz driver over the given folders or files, without libFuzzer, so that every
 * build with any compiler checks what was once found.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0, or -1 if the file cannot be read. The input is copied to its exact size, so that a sanitizer
 * sees its end. */
static int replay_file(const char *path)
{
    static uint8_t buffer[INPUT_MAX];
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return -1;
    }
    size_t n = fread(buffer, 1, sizeof(buffer), f);
    (void)fclose(f); /* only read from */
    uint8_t *exact = malloc(n ? n : 1);
    if (!exact)
        abort();
    memcpy(exact, buffer, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 0;
}

/* How many files of the folder were run; -1 if one could not be read. */
static int replay_folder(const char *folder)
{
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort);
    if (n < 0) {
        perror(folder);
        return -1;
    }
    int ran = 0;
    for (int i = 0; i < n; i++) {
        char path[4096];
        int len = snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
        struct stat st;
        if (ran >= 0 && len > 0 && (size_t)len < sizeof(path) && stat(path, &st) == 0 &&
            S_ISREG(st.st_mode))
            ran = replay_file(path) == 0 ? ran + 1 : -1;
        free(names[i]);
    }
    free(names);
    return ran;
}

int main(int argc, char **argv)
{
    int ran = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        int one = -1;
        if (stat(argv[i], &st) != 0)
            perror(argv[i]);
        else
            one = S_ISDIR(st.st_mode) ? replay_folder(argv[i]) : 1 + replay_file(argv[i]) * 2;
        if (one < 0)
            return 1;
        ran += one;
    }
    printf("%d inputs\n", ran);
    return ran > 0 ? 0 : 1; /* an empty corpus checks nothing */
}
