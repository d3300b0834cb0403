/* test_url.c: the parts of a URL, and that libcurl, which sends it, reads the same. */
#include "unit.h"

#include "macros.h"
#include "mem.h"
#include "url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

static void part_is(const char *url, const char *name, struct url_part part, const char *want)
{
    auto_free char *text = url_part_text(part);

    if (!want != !part.s || strcmp(text, want ? want : "") != 0)
        fail_msg("%s of '%s': '%s'", name, url, part.s ? text : "(none)");
}

static void a_url_has_the_parts_of_rfc_3986(void **state)
{
    static const struct {
        const char *url, *scheme, *authority, *user, *host, *port, *path, *query;
    } rows[] = {
        { "https://h", "https", "h", NULL, "h", NULL, "", NULL },
        { "HTTP://h:8/p?q#f", "HTTP", "h:8", NULL, "h", "8", "/p", "q" },
        { "https://u:p@h:8?q/../?#f", "https", "u:p@h:8", "u:p", "h", "8", "", "q/../?" },
        { "https://a@b@h/@:", "https", "a@b@h", "a@b", "h", NULL, "/@:", NULL },
        { "http://[::1]:80/", "http", "[::1]:80", NULL, "[::1]", "80", "/", NULL },
        { "http://[::1", "http", "[::1", NULL, "[", ":1", "", NULL },
        { "http://h:", "http", "h:", NULL, "h", "", "", NULL },
        { "http://h#?", "http", "h", NULL, "h", NULL, "", NULL },
        { "http://h?", "http", "h", NULL, "h", NULL, "", "" },
        { "proxy:3128/x", NULL, "proxy:3128", NULL, "proxy", "3128", "/x", NULL },
        { "u:p/w://@h", NULL, "u:p", NULL, "u", "p", "/w://@h", NULL },
        { "1a://h", NULL, "1a:", NULL, "1a", "", "//h", NULL },
        { "", NULL, "", NULL, "", NULL, "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        struct url u = url_split(rows[i].url);

        part_is(rows[i].url, "scheme", u.scheme, rows[i].scheme);
        part_is(rows[i].url, "authority", u.authority, rows[i].authority);
        part_is(rows[i].url, "user", u.user, rows[i].user);
        part_is(rows[i].url, "host", u.host, rows[i].host);
        part_is(rows[i].url, "port", u.port, rows[i].port);
        part_is(rows[i].url, "path", u.path, rows[i].path);
        part_is(rows[i].url, "query", u.query, rows[i].query);
    }
}

static void schemes_are_compared_in_any_case(void **state)
{
    (void)state;
    assert_true(url_has_scheme("https://h", "https"));
    assert_true(url_has_scheme("HttpS://h", "https"));
    assert_false(url_has_scheme("https://h", "http"));
    assert_false(url_has_scheme("https:h", "https"));
    assert_false(url_has_scheme("", "https"));
}

/* curl's value of this part; its rules for "" and NULL differ, so they are the same here. */
static void curl_agrees(const char *url, CURLU *c, CURLUPart what, struct url_part ours)
{
    auto_free char *text = url_part_text(ours);
    char *theirs = NULL;

    (void)curl_url_get(c, what, &theirs, 0);
    if (strcmp(theirs ? theirs : "", text) != 0)
        fail_msg("'%s': curl has '%s', we '%s'", url, theirs ? theirs : "", text);
    curl_free(theirs);
}

/* True if curl accepts it as a URL. */
static bool compare(const char *url)
{
    struct url u = url_split(url);
    CURLU *c = curl_url();
    bool accepted = curl_url_set(c, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK;

    if (accepted && u.host.n) { /* without a host, curl uses the path's first segment */
        struct url_part path = u.path.n ? u.path : (struct url_part){ "/", 1 };
        const char *colon = u.user.s ? memchr(u.user.s, ':', u.user.n) : NULL;
        struct url_part user = { u.user.s, colon ? (size_t)(colon - u.user.s) : u.user.n };

        curl_agrees(url, c, CURLUPART_SCHEME, u.scheme);
        curl_agrees(url, c, CURLUPART_USER, user);
        curl_agrees(url, c, CURLUPART_HOST, u.host);
        curl_agrees(url, c, CURLUPART_PORT, u.port);
        curl_agrees(url, c, CURLUPART_PATH, path);
        curl_agrees(url, c, CURLUPART_QUERY, u.query);
    }
    curl_url_cleanup(c);
    return accepted;
}

static void the_parts_are_those_that_curl_sends_to(void **state)
{
    static const char *const users[] = { "", "u@", "u:p@", "u%40:p:q@", "a@b@", "u/p@" };
    static const char *const hosts[] = { "h", "a-b.example.com", "127.0.0.1", "[::1]", "[::1", "" };
    static const char *const ports[] = { "", ":8080", ":443", ":", ":8x" };
    static const char *const paths[] = { "", "/", "/a/../b", "/%2e/@:x", "//h" };
    static const char *const rests[] = { "", "?", "?q=/a@b?c", "#f?g", "?q#f" };
    const size_t n =
        COUNTOF(users) * COUNTOF(hosts) * COUNTOF(ports) * COUNTOF(paths) * COUNTOF(rests);
    size_t accepted = 0;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        const char *user = users[at % COUNTOF(users)];
        const char *host = hosts[(at /= COUNTOF(users)) % COUNTOF(hosts)];
        const char *port = ports[(at /= COUNTOF(hosts)) % COUNTOF(ports)];
        const char *path = paths[(at /= COUNTOF(ports)) % COUNTOF(paths)];
        auto_free char *url =
            xasprintf("https://%s%s%s%s%s", user, host, port, path, rests[at / COUNTOF(paths)]);

        accepted += compare(url);
    }
    assert_in_range(accepted, n / 4, n - n / 4); /* both kinds exist */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_has_the_parts_of_rfc_3986),
        cmocka_unit_test(schemes_are_compared_in_any_case),
        cmocka_unit_test(the_parts_are_those_that_curl_sends_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
