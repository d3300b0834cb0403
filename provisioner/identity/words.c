/* words.c: the parts of Python's shlex, str and os.path that AWS's files need. */
#include "identity/words.h"

#include "buf.h"
#include "mem.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORD_MAX ((size_t)1 << 20)

/* White space that str.strip removes. */
static const struct space {
    const char *bytes;
    bool ends_line;
} spaces[] = {
    { " ", false },
    { "\t", false },
    { "\n", true },
    { "\r", true },
    { "\v", true },
    { "\f", true },
    { "\x1c", true },
    { "\x1d", true },
    { "\x1e", true },
    { "\x1f", false },
    { "\xc2\x85", true },
    { "\xc2\xa0", false },
    { "\xe1\x9a\x80", false },
    { "\xe2\x80\x80", false },
    { "\xe2\x80\x81", false },
    { "\xe2\x80\x82", false },
    { "\xe2\x80\x83", false },
    { "\xe2\x80\x84", false },
    { "\xe2\x80\x85", false },
    { "\xe2\x80\x86", false },
    { "\xe2\x80\x87", false },
    { "\xe2\x80\x88", false },
    { "\xe2\x80\x89", false },
    { "\xe2\x80\x8a", false },
    { "\xe2\x80\xa8", true },
    { "\xe2\x80\xa9", true },
    { "\xe2\x80\xaf", false },
    { "\xe2\x81\x9f", false },
    { "\xe3\x80\x80", false },
};

static const struct space *space_here(const char *s, size_t n)
{
    for (size_t i = 0; i < COUNTOF(spaces); i++) {
        size_t len = strlen(spaces[i].bytes);

        if (len <= n && memcmp(s, spaces[i].bytes, len) == 0)
            return &spaces[i];
    }
    return NULL;
}

size_t space_length(const char *s, size_t n)
{
    const struct space *found = space_here(s, n);

    return found ? strlen(found->bytes) : 0;
}

size_t space_length_before(const char *s, size_t n)
{
    for (size_t len = 1; len <= 3 && len <= n; len++)
        if (space_length(s + n - len, len) == len)
            return len;
    return 0;
}

size_t line_end_length(const char *s, size_t n)
{
    const struct space *found = space_here(s, n);

    return found && found->ends_line ? strlen(found->bytes) : 0;
}

/* RFC 3629: length in bytes of the character at s; 0: invalid. */
static size_t utf8_length(const unsigned char *s)
{
    unsigned char least = 0x80, most = 0xbf;
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] > 0xf4)
        return 0;
    if (s[0] == 0xe0)
        least = 0xa0;
    else if (s[0] == 0xed)
        most = 0x9f;
    else if (s[0] == 0xf0)
        least = 0x90;
    else if (s[0] == 0xf4)
        most = 0x8f;
    if (n > 1 && (s[1] < least || s[1] > most))
        return 0;
    for (size_t i = 2; i < n; i++)
        if (s[i] < 0x80 || s[i] > 0xbf)
            return 0;
    return n;
}

bool utf8_valid(const char *s)
{
    size_t n;

    while (*s && (n = utf8_length((const unsigned char *)s)) > 0)
        s += n;
    return !*s;
}

/* Appends the quoted text and moves *line past the quotes; false: unclosed. */
static bool quoted_add(struct buf *word, const char **line)
{
    char quote = *(*line)++;

    for (; **line && **line != quote; (*line)++) {
        if (quote == '"' && **line == '\\') {
            (*line)++;
            if (!**line)
                return false;
            if (**line != '"' && **line != '\\')
                buf_putc(word, '\\');
        }
        buf_putc(word, **line);
    }
    if (!**line)
        return false;
    (*line)++;
    return true;
}

static bool word_read(struct buf *word, const char **line)
{
    while (**line && !strchr(" \t\r\n", **line)) {
        if (**line == '\'' || **line == '"') {
            if (!quoted_add(word, line))
                return false;
            continue;
        }
        if (**line == '\\' && !*++(*line))
            return false;
        buf_putc(word, *(*line)++);
    }
    return true;
}

bool words_split(const char *line, char ***words, size_t *n)
{
    char **list = xcalloc(1, sizeof(*list));
    size_t count = 0;

    for (;;) {
        auto_buf word = BUF(WORD_MAX);

        line += strspn(line, " \t\r\n");
        if (!*line)
            break;
        if (!word_read(&word, &line) || buf_failed(&word)) {
            words_free(list);
            return false;
        }
        list = xrealloc(list, (count + 2) * sizeof(*list));
        list[count++] = xstrdup(buf_str(&word));
        list[count] = NULL;
    }
    *words = list;
    *n = count;
    return true;
}

void words_free(char **words)
{
    for (char **w = words; w && *w; w++)
        free_cleansed(*w);
    free(words);
}

/* $NAME or ${NAME} at *path: appends the value, or the text itself if unset. */
static void variable_add(struct buf *out, const char **path)
{
    bool braces = (*path)[1] == '{';
    const char *name = *path + 1 + braces, *value;
    size_t n = 0;
    auto_free char *key = NULL;

    while (name[n] && (braces ? name[n] != '}' : isalnum((unsigned char)name[n]) || name[n] == '_'))
        n++;
    key = xstrndup(name, n);

    value = n && (!braces || name[n] == '}') ? getenv(key) : NULL;
    if (value) {
        buf_puts(out, value);
        *path = name + n + braces;
    } else {
        buf_putc(out, *(*path)++);
    }
}

static const char *home_of(const char *user)
{
    const char *home = *user ? NULL : getenv("HOME");
    const struct passwd *known = home ? NULL : *user ? getpwnam(user) : getpwuid(getuid());

    return home ? home : known ? known->pw_dir : NULL;
}

char *path_expand(const char *path)
{
    auto_buf out = BUF(BUF_SMALL);
    size_t n;
    const char *home, *rest;
    auto_free char *user = NULL;

    while (*path) {
        if (*path == '$')
            variable_add(&out, &path);
        else
            buf_putc(&out, *path++);
    }
    if (buf_str(&out)[0] != '~')
        return xstrdup(buf_str(&out));
    n = strcspn(buf_str(&out) + 1, "/");
    user = xstrndup(buf_str(&out) + 1, n);

    home = home_of(user);
    rest = buf_str(&out) + 1 + n;
    return home ? xasprintf("%s%s", home, rest) : xstrdup(buf_str(&out));
}
