/* fuzz_proxy.c: any bytes as no_proxy, a proxy's URL and the URL of a request, a line each: a proxy
 * is the variable's or none, and its name contains nothing of a password. */
#include "http_parts.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The next line without its end; the caller frees. */
static char *line_take(const char **text)
{
    size_t n = strcspn(*text, "\n");
    char *line = xstrndup(*text, n);

    *text += n + ((*text)[n] == '\n');
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_free char *text = xstrndup((const char *)data, n);
    const char *rest = text;
    auto_free char *list = line_take(&rest), *proxy = line_take(&rest), *url = line_take(&rest);
    struct http_proxy p = { 0 };

    (void)setenv("no_proxy", list, 1);
    (void)setenv("https_proxy", proxy, 1);
    (void)setenv("http_proxy", proxy, 1);
    http_proxy_choose(url, &p);
    if (p.url) {
        auto_free char *name = http_proxy_name(&p);

        if (strcmp(p.url, proxy) != 0 || strcmp(list, "*") == 0 || strchr(name, '@'))
            abort();
    }
    http_proxy_done(&p);
    return 0;
}
