/* verdict.c: the table of statuses. https://www.rfc-editor.org/rfc/rfc9110#section-15 */
#include "verdict.h"

#include "random.h"

enum { BACKOFF_MS = 1000, BLOCK_MS = 10000, MAX_MS = 15 * 60 * 1000 };

/*
 * Not in the table: 5xx are retried, all others are final. Some APIs answer a rate limit with 403:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api; 413 may be
 * temporary: RFC 9110, section 15.5.14. Only Retry-After tells these apart.
 */
static const struct {
    int status;
    enum verdict verdict;
    enum verdict asked; /* with Retry-After */
} statuses[] = {
    { 401, VERDICT_AUTH, VERDICT_AUTH },     /* unauthorized */
    { 403, VERDICT_AUTH, VERDICT_AGAIN },    /* forbidden, or too many requests */
    { 407, VERDICT_AUTH, VERDICT_AUTH },     /* proxy authentication required */
    { 408, VERDICT_AGAIN, VERDICT_AGAIN },   /* request timeout */
    { 409, VERDICT_AGAIN, VERDICT_AGAIN },   /* conflict: the same idempotency key is being worked
                                                on */
    { 413, VERDICT_REFUSED, VERDICT_AGAIN }, /* content too large, or no room now */
    { 425, VERDICT_AGAIN, VERDICT_AGAIN },   /* too early */
    { 429, VERDICT_AGAIN, VERDICT_AGAIN },   /* too many requests */
};

enum verdict verdict_of(const struct destination *d, int status, int64_t asked_ms)
{
    if (status < 200)
        return VERDICT_AGAIN;
    if (destination_accepts(d, status))
        return VERDICT_TAKEN;
    for (size_t i = 0; i < COUNTOF(statuses); i++)
        if (statuses[i].status == status)
            return asked_ms > 0 ? statuses[i].asked : statuses[i].verdict;
    return status >= 500 ? VERDICT_AGAIN : VERDICT_REFUSED;
}

bool verdict_pauses(int status)
{
    return status == 403 || status == 429 || status == 503;
}

/* Between three quarters and all of first * 2^(tries - 1). */
static int64_t growing_ms(int64_t first, long tries)
{
    int64_t ms = tries > 20 ? MAX_MS : first << (tries > 1 ? tries - 1 : 0);
    uint32_t r;

    random_bytes(&r, sizeof(r));
    ms = ms < MAX_MS ? ms : MAX_MS;
    return ms - r % (ms / 4 + 1);
}

int64_t verdict_backoff_ms(long tries)
{
    return growing_ms(BACKOFF_MS, tries);
}

int64_t verdict_block_ms(long tries)
{
    return growing_ms(BLOCK_MS, tries);
}
