/* local_only.c: see local_only.h. */
#include "sqs/local_only.h"

#include "macros.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Any port is accepted: a tunnel may use another one. */
static bool is_local(const char *host)
{
    static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };

    for (size_t i = 0; i < COUNTOF(names); i++) {
        size_t n = strlen(names[i]);
        const char *port = host + n;

        if (strncasecmp(host, names[i], n) == 0 &&
            (!*port || (*port == ':' && !port[1 + strspn(port + 1, "0123456789")])))
            return true;
    }
    return false;
}

const char *local_only_problem(struct MHD_Connection *c)
{
    const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    const char *site = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Sec-Fetch-Site");

    if (host && !is_local(host))
        return "unknown Host: expected 127.0.0.1, localhost or [::1]";
    if (MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN))
        return "requests with an Origin header (from web pages) are refused";
    if (site && strcmp(site, "none") != 0)
        return "requests from web pages (Sec-Fetch-Site) are refused";
    return NULL;
}
