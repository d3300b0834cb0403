/*
 * filter_value.c: whether one value of an event matches one operator; pure. The rules are those of
 * event-ruler (ByteMachine, 1.8.1).
 */
#include "config/filter_parts.h"

#include "mem.h"
#include "text.h"
#include "utf8.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool filter_is_scalar(const json_t *v)
{
    return v && !json_is_object(v) && !json_is_array(v);
}

/* A fraction always is: the configuration accepts up to 15 digits of it. */
bool filter_is_comparable(const json_t *number)
{
    double value = json_number_value(number);
    char text[32];

    if (!json_is_integer(number))
        return json_is_real(number);
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return strtold(text, NULL) == (long double)json_integer_value(number);
}

static bool scalar_equal(const json_t *want, const json_t *leaf)
{
    if (filter_is_comparable(want) && filter_is_comparable(leaf))
        return json_number_value(want) == json_number_value(leaf);
    return json_equal(want, leaf) != 0;
}

/* 1.2.3.4, each part in decimal, leading zeros allowed: 4, or 0 when it is not an address. */
static size_t address_v4(const char *text, unsigned char out[16])
{
    size_t n = 0;

    if (strlen(text) > 15)
        return 0;
    for (char *end = NULL; *text >= '0' && *text <= '9' && n < 4; text = end + 1) {
        unsigned long part = strtoul(text, &end, 10);
        if (part > 255 || *end != (n == 3 ? '\0' : '.'))
            return 0;
        out[n++] = (unsigned char)part;
        if (n == 4)
            return 4;
    }
    return 0;
}

/* How many bytes the address has: 4, 16, or 0 when it is not one. IPv6 without dots; ::ffff:a:b is
 * the IPv4 address in it. */
static size_t address(const char *text, unsigned char out[16])
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

    if (strspn(text, "0123456789abcdefABCDEF:") != strlen(text) || !strchr(text, ':'))
        return address_v4(text, out);
    if (inet_pton(AF_INET6, text, out) != 1)
        return 0;
    if (memcmp(out, mapped, sizeof(mapped)) != 0)
        return 16;
    memmove(out, out + sizeof(mapped), 4);
    return 4;
}

/* An IP address matches in any spelling (CIDR). */
static bool value_equal(const json_t *want, const json_t *leaf)
{
    unsigned char a[16], b[16];
    size_t n;

    if (scalar_equal(want, leaf))
        return true;
    if (!json_is_string(want) || !json_is_string(leaf))
        return false;
    n = address(json_string_value(want), a);
    return n && address(json_string_value(leaf), b) == n && memcmp(a, b, n) == 0;
}

/* A list matches by any of its elements. */
static bool any_of(const json_t *arg, const json_t *leaf,
                   bool (*match)(const json_t *arg, const json_t *leaf))
{
    if (!json_is_array(arg))
        return match(arg, leaf);
    for (size_t i = 0; i < json_array_size(arg); i++)
        if (match(json_array_get(arg, i), leaf))
            return true;
    return false;
}

/* clang-format off */
/* Characters whose upper case (of U+0130: lower case) has several characters: Unicode,
 * SpecialCasing.txt. */
static const struct special {
    uint32_t c;
    const char *text;
} specials[] = {
    { 0xdf, "SS" }, { 0x149, "\u02bcN" }, { 0x1f0, "J\u030c" }, { 0x390, "\u0399\u0308\u0301" },
    { 0x3b0, "\u03a5\u0308\u0301" }, { 0x587, "\u0535\u0552" }, { 0x1e96, "H\u0331" },
    { 0x1e97, "T\u0308" }, { 0x1e98, "W\u030a" }, { 0x1e99, "Y\u030a" }, { 0x1e9a, "A\u02be" },
    { 0x1f50, "\u03a5\u0313" }, { 0x1f52, "\u03a5\u0313\u0300" },
    { 0x1f54, "\u03a5\u0313\u0301" }, { 0x1f56, "\u03a5\u0313\u0342" },
    { 0x1f80, "\u1f08\u0399" }, { 0x1f81, "\u1f09\u0399" }, { 0x1f82, "\u1f0a\u0399" },
    { 0x1f83, "\u1f0b\u0399" }, { 0x1f84, "\u1f0c\u0399" }, { 0x1f85, "\u1f0d\u0399" },
    { 0x1f86, "\u1f0e\u0399" }, { 0x1f87, "\u1f0f\u0399" }, { 0x1f88, "\u1f08\u0399" },
    { 0x1f89, "\u1f09\u0399" }, { 0x1f8a, "\u1f0a\u0399" }, { 0x1f8b, "\u1f0b\u0399" },
    { 0x1f8c, "\u1f0c\u0399" }, { 0x1f8d, "\u1f0d\u0399" }, { 0x1f8e, "\u1f0e\u0399" },
    { 0x1f8f, "\u1f0f\u0399" }, { 0x1f90, "\u1f28\u0399" }, { 0x1f91, "\u1f29\u0399" },
    { 0x1f92, "\u1f2a\u0399" }, { 0x1f93, "\u1f2b\u0399" }, { 0x1f94, "\u1f2c\u0399" },
    { 0x1f95, "\u1f2d\u0399" }, { 0x1f96, "\u1f2e\u0399" }, { 0x1f97, "\u1f2f\u0399" },
    { 0x1f98, "\u1f28\u0399" }, { 0x1f99, "\u1f29\u0399" }, { 0x1f9a, "\u1f2a\u0399" },
    { 0x1f9b, "\u1f2b\u0399" }, { 0x1f9c, "\u1f2c\u0399" }, { 0x1f9d, "\u1f2d\u0399" },
    { 0x1f9e, "\u1f2e\u0399" }, { 0x1f9f, "\u1f2f\u0399" }, { 0x1fa0, "\u1f68\u0399" },
    { 0x1fa1, "\u1f69\u0399" }, { 0x1fa2, "\u1f6a\u0399" }, { 0x1fa3, "\u1f6b\u0399" },
    { 0x1fa4, "\u1f6c\u0399" }, { 0x1fa5, "\u1f6d\u0399" }, { 0x1fa6, "\u1f6e\u0399" },
    { 0x1fa7, "\u1f6f\u0399" }, { 0x1fa8, "\u1f68\u0399" }, { 0x1fa9, "\u1f69\u0399" },
    { 0x1faa, "\u1f6a\u0399" }, { 0x1fab, "\u1f6b\u0399" }, { 0x1fac, "\u1f6c\u0399" },
    { 0x1fad, "\u1f6d\u0399" }, { 0x1fae, "\u1f6e\u0399" }, { 0x1faf, "\u1f6f\u0399" },
    { 0x1fb2, "\u1fba\u0399" }, { 0x1fb3, "\u0391\u0399" }, { 0x1fb4, "\u0386\u0399" },
    { 0x1fb6, "\u0391\u0342" }, { 0x1fb7, "\u0391\u0342\u0399" }, { 0x1fbc, "\u0391\u0399" },
    { 0x1fc2, "\u1fca\u0399" }, { 0x1fc3, "\u0397\u0399" }, { 0x1fc4, "\u0389\u0399" },
    { 0x1fc6, "\u0397\u0342" }, { 0x1fc7, "\u0397\u0342\u0399" }, { 0x1fcc, "\u0397\u0399" },
    { 0x1fd2, "\u0399\u0308\u0300" }, { 0x1fd3, "\u0399\u0308\u0301" },
    { 0x1fd6, "\u0399\u0342" }, { 0x1fd7, "\u0399\u0308\u0342" },
    { 0x1fe2, "\u03a5\u0308\u0300" }, { 0x1fe3, "\u03a5\u0308\u0301" },
    { 0x1fe4, "\u03a1\u0313" }, { 0x1fe6, "\u03a5\u0342" }, { 0x1fe7, "\u03a5\u0308\u0342" },
    { 0x1ff2, "\u1ffa\u0399" }, { 0x1ff3, "\u03a9\u0399" }, { 0x1ff4, "\u038f\u0399" },
    { 0x1ff6, "\u03a9\u0342" }, { 0x1ff7, "\u03a9\u0342\u0399" }, { 0x1ffc, "\u03a9\u0399" },
    { 0xfb00, "FF" }, { 0xfb01, "FI" }, { 0xfb02, "FL" }, { 0xfb03, "FFI" }, { 0xfb04, "FFL" },
    { 0xfb05, "ST" }, { 0xfb06, "ST" }, { 0xfb13, "\u0544\u0546" }, { 0xfb14, "\u0544\u0535" },
    { 0xfb15, "\u0544\u053b" }, { 0xfb16, "\u054e\u0546" }, { 0xfb17, "\u0544\u053d" },
    { 0x130, "i\u0307" },
};
/* clang-format on */

static const char *special_case(uint32_t c)
{
    for (size_t i = 0; i < COUNTOF(specials); i++)
        if (specials[i].c == c)
            return specials[i].text;
    return NULL;
}

/* The rest of text after its first character, when that is one of two; NULL otherwise. */
static const char *skip_either(const char *text, uint32_t one, uint32_t other)
{
    uint32_t first = 0;
    const char *next = *text ? utf8_next(text, &first) : NULL;

    return first == one || first == other ? next : NULL;
}

/*
 * The rest of text after one character in its upper or lower case; NULL: no match. Like event-ruler
 * (EqualsIgnoreCaseParser), one beyond U+FFFF counts as two question marks.
 */
static const char *fold_one(const char *text, uint32_t c)
{
    const char *special = c > 0xffff ? "??" : special_case(c);

    if (special && str_starts(text, special))
        return text + strlen(special);
    if (c > 0xffff)
        return NULL;
    if (special)
        return skip_either(text, c == 0x130 ? c : utf8_lower(c), 0);
    return skip_either(text, utf8_lower(c), utf8_upper(c));
}

/* The rest of text after want, ignoring case; NULL: no match. */
static const char *fold_prefix(const char *text, const char *want)
{
    while (text && *want) {
        uint32_t c = 0;
        want = utf8_next(want, &c);
        text = fold_one(text, c);
    }
    return text;
}

static bool fold_suffix(const char *text, const char *want)
{
    for (uint32_t unused; *text; text = utf8_next(text, &unused)) {
        const char *rest = fold_prefix(text, want);
        if (rest && !*rest)
            return true;
    }
    return !*want;
}

/* event-ruler matches JSON's text, so the closing quote of a value counts for prefix, and the
 * opening one for suffix. */
static bool affix_match(const json_t *arg, const json_t *leaf, bool at_end)
{
    bool fold = false;
    const char *want = filter_affix(arg, &fold), *value = json_string_value(leaf);
    auto_free char *have = value ? xasprintf(at_end ? "\"%s" : "%s\"", value) : NULL;

    if (!want || !have)
        return false;
    if (fold)
        return at_end ? fold_suffix(have, want) : fold_prefix(have, want) != NULL;
    return at_end ? str_ends(have, want) : str_starts(have, want);
}

bool match_prefix(const json_t *arg, const json_t *leaf)
{
    return affix_match(arg, leaf, false);
}

bool match_suffix(const json_t *arg, const json_t *leaf)
{
    return affix_match(arg, leaf, true);
}

bool match_fold(const json_t *arg, const json_t *leaf)
{
    const char *have = json_string_value(leaf);
    const char *rest = have ? fold_prefix(have, json_string_value(arg)) : NULL;

    return rest && !*rest;
}

bool match_exists(const json_t *arg, const json_t *leaf)
{
    return json_is_true(arg) == (leaf != NULL);
}

/* The sign's row: does it hold for less, equal, greater? */
static bool compare(int sign, double have, double want)
{
    static const bool holds[][3] = { { true, false, false },
                                     { true, true, false },
                                     { false, true, false },
                                     { false, false, true },
                                     { false, true, true } };

    return holds[sign][have < want ? 0 : have > want ? 2 : 1];
}

bool match_numeric(const json_t *arg, const json_t *leaf)
{
    if (!filter_is_comparable(leaf))
        return false;
    for (size_t i = 0; i + 1 < json_array_size(arg); i += 2)
        if (!compare(filter_sign(json_array_get(arg, i)), json_number_value(leaf),
                     json_number_value(json_array_get(arg, i + 1))))
            return false;
    return true;
}

bool match_but(const json_t *arg, const json_t *leaf)
{
    const struct filter_operator *o = filter_find_negatable(arg);

    if (!leaf)
        return false;
    if (!json_is_object(arg))
        return !any_of(arg, leaf, scalar_equal);
    return o && !any_of(json_object_get(arg, o->name), leaf, o->match);
}

static bool match_one(const json_t *matcher, const json_t *leaf)
{
    const struct filter_operator *o = filter_find(matcher);

    if (filter_is_scalar(matcher))
        return leaf && value_equal(matcher, leaf);
    return o && o->match(json_object_get(matcher, o->name), leaf);
}

bool filter_leaf_match(const json_t *list, const json_t *leaf)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (match_one(json_array_get(list, i), leaf))
            return true;
    return false;
}
