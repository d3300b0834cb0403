/* test_http_sessions.c: how many whole TLS handshakes a server sees: a new connection resumes a
 * session, and never another one's. */
#include "unit.h"

#include "buf.h"
#include "http.h"
#include "mem.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 8 };

static struct server {
    SSL_CTX *ctx;
    int fd;
    char url[64];
    pthread_t thread;
    struct connection {
        bool resumed, has_client;
    } seen[CONNECTIONS_MAX];
    size_t n;
    _Atomic int current; /* the connection that is served */
} server;

static struct identity {
    X509 *x;
    EVP_PKEY *key;
    char *certificate, *key_text; /* PEM */
} ours, one, two;

static char *text_of(BIO *bio)
{
    char *data, *text;
    long n = BIO_get_mem_data(bio, &data);

    text = xstrndup(data, (size_t)n);
    BIO_free(bio);
    return text;
}

/* Its own authority, for 127.0.0.1. */
static struct identity identity_new(const char *name)
{
    struct identity i = { .x = X509_new(), .key = EVP_EC_gen("P-256") };
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    BIO *certificate = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());
    X509_NAME *subject = X509_get_subject_name(i.x);

    X509_set_version(i.x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(i.x), 1);
    X509_gmtime_adj(X509_getm_notBefore(i.x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(i.x), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(i.x, subject);
    X509_add_ext(i.x, extension, -1);
    X509_EXTENSION_free(extension);
    X509_set_pubkey(i.x, i.key);
    assert_true(X509_sign(i.x, i.key, EVP_sha256()) > 0);
    assert_true(PEM_write_bio_X509(certificate, i.x));
    assert_true(PEM_write_bio_PrivateKey(key, i.key, NULL, NULL, 0, NULL, NULL));
    i.certificate = text_of(certificate);
    i.key_text = text_of(key);
    return i;
}

static void identity_done(struct identity *i)
{
    X509_free(i->x);
    EVP_PKEY_free(i->key);
    free(i->certificate);
    free(i->key_text);
}

static int trust_all(int good, X509_STORE_CTX *ctx)
{
    (void)good;
    (void)ctx;
    return 1;
}

/* Answers requests until the client closes. */
static void serve(SSL *ssl)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    char got[4096];

    while (SSL_read(ssl, got, sizeof(got)) > 0)
        (void)SSL_write(ssl, answer, sizeof(answer) - 1);
    (void)SSL_shutdown(ssl);
}

static void *accept_all(void *unused)
{
    int fd;

    (void)unused;
    while ((fd = accept(server.fd, NULL, NULL)) >= 0 && server.n < CONNECTIONS_MAX) {
        SSL *ssl = SSL_new(server.ctx);
        server.current = fd;
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1) {
            const X509 *peer = SSL_get0_peer_certificate(ssl);
            server.seen[server.n++] =
                (struct connection){ SSL_session_reused(ssl) == 1, peer != NULL };
            serve(ssl);
        }
        SSL_free(ssl);
        (void)close(fd);
    }
    return NULL;
}

static int start(void **state)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);

    (void)state;
    server = (struct server){ .current = -1, .ctx = SSL_CTX_new(TLS_server_method()) };
    SSL_CTX_use_certificate(server.ctx, ours.x);
    SSL_CTX_use_PrivateKey(server.ctx, ours.key);
    SSL_CTX_set_verify(server.ctx, SSL_VERIFY_PEER, trust_all);
    SSL_CTX_set_session_id_context(server.ctx, (const unsigned char *)"t", 1);
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(server.fd, 8), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&a, &n), 0);
    (void)snprintf(server.url, sizeof(server.url), "https://127.0.0.1:%d/", ntohs(a.sin_port));
    return pthread_create(&server.thread, NULL, accept_all, NULL);
}

static int end(void **state)
{
    (void)state;
    (void)shutdown(server.fd, SHUT_RDWR);
    (void)shutdown(server.current, SHUT_RDWR); /* a test that failed leaves it open */
    (void)pthread_join(server.thread, NULL);
    (void)close(server.fd);
    SSL_CTX_free(server.ctx);
    return 0;
}

static void ask(struct http *h, const struct identity *client)
{
    struct http_request q = { .method = "GET",
                              .url = server.url,
                              .timeout_ms = 10000,
                              .no_proxy = true,
                              .ca = ours.certificate };
    auto_response r = { 0 };
    struct err e = { 0 };

    if (client) {
        q.client_certificate = client->certificate;
        q.client_key = client->key_text;
    }
    if (http_send(h, &q, &r, &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(r.status, 200);
}

static void renew(struct http *h)
{
    struct err e = { 0 };

    assert_int_equal(http_renew(h, &e), 0);
}

static void a_new_connection_resumes_the_session(void **state)
{
    const struct http_options o = { 0 };
    struct http *h;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(http_new(&h, &o, &e), 0);
    ask(h, NULL);
    ask(h, NULL);
    assert_int_equal(server.n, 1); /* the same connection */
    for (size_t i = 1; i <= 3; i++) {
        renew(h);
        ask(h, NULL);
        assert_int_equal(server.n, i + 1); /* another one */
        assert_true(server.seen[i].resumed);
    }
    http_free(h);
}

/* The server would take it for the first client, whose certificate the session holds. */
static void no_client_resumes_another_ones_session(void **state)
{
    const struct http_options o = { 0 };
    struct http *h;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(http_new(&h, &o, &e), 0);
    ask(h, &one);
    renew(h);
    ask(h, &two);
    renew(h);
    ask(h, NULL);
    renew(h);
    ask(h, &one);
    assert_int_equal(server.n, 4);
    assert_false(server.seen[1].resumed);
    assert_true(server.seen[1].has_client);
    assert_false(server.seen[2].resumed);
    assert_false(server.seen[2].has_client);
    assert_true(server.seen[3].resumed);
    http_free(h);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_connection_resumes_the_session, start, end),
        cmocka_unit_test_setup_teardown(no_client_resumes_another_ones_session, start, end),
    };
    int rc;

    (void)signal(SIGPIPE, SIG_IGN);
    mem_init();
    ours = identity_new("ours");
    one = identity_new("one");
    two = identity_new("two");
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    identity_done(&ours);
    identity_done(&one);
    identity_done(&two);
    return rc;
}
