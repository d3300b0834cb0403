/* test_dev_filter.c: which patterns are patterns, and which events they match. */
#include "unit.h"

#include "dev/filter.h"
#include "json.h"

#include <string.h>

#define RECORD                                                                                     \
    "{\"eventName\":\"INSERT\",\"dynamodb\":{\"ApproximateCreationDateTime\":1700000000,"          \
    "\"NewImage\":{\"status\":{\"S\":\"paid\"},\"n\":{\"N\":\"42\"},\"empty\":{\"S\":\"\"},"       \
    "\"flag\":{\"BOOL\":true},\"none\":{\"NULL\":true},\"tags\":{\"SS\":[\"red\",\"blue\"]},"      \
    "\"list\":{\"L\":[{\"S\":\"a\"},{\"S\":\"b\"}]}}},\"nothing\":null,"                           \
    "\"userIdentity\":{\"type\":\"Service\"}}"

static const struct {
    const char *pattern;
    bool matches;
} rows[] = {
    { "{\"eventName\":[\"INSERT\"]}", true },
    { "{\"eventName\":[\"MODIFY\"]}", false },
    { "{\"eventName\":[\"MODIFY\",\"INSERT\"]}", true },
    { "{\"eventName\":[\"insert\"]}", false },
    { "{\"eventName\":[\"INSERT\"],\"nothing\":[\"x\"]}", false },
    { "{\"missing\":[\"INSERT\"]}", false },
    { "{\"dynamodb\":{\"NewImage\":{\"status\":{\"S\":[\"paid\"]}}}}", true },
    { "{\"dynamodb\":{\"NewImage\":{\"status\":{\"S\":[\"open\"]}}}}", false },
    /* the type key has to be spelled */
    { "{\"dynamodb\":{\"NewImage\":{\"status\":[\"paid\"]}}}", false },
    { "{\"dynamodb\":{\"NewImage\":{\"other\":{\"S\":[\"paid\"]}}}}", false },
    { "{\"dynamodb\":{\"NewImage\":{\"empty\":{\"S\":[\"\"]}}}}", true },
    { "{\"dynamodb\":{\"NewImage\":{\"flag\":{\"BOOL\":[true]}}}}", true },
    { "{\"dynamodb\":{\"NewImage\":{\"flag\":{\"BOOL\":[false]}}}}", false },
    { "{\"nothing\":[null]}", true },
    { "{\"eventName\":[null]}", false },
    { "{\"missing\":[null]}", false },
    /* numbers of DynamoDB are strings */
    { "{\"dynamodb\":{\"NewImage\":{\"n\":{\"N\":[{\"numeric\":[\">\",1]}]}}}}", false },
    { "{\"dynamodb\":{\"NewImage\":{\"n\":{\"N\":[42]}}}}", false },
    { "{\"dynamodb\":{\"NewImage\":{\"n\":{\"N\":[\"42\"]}}}}", true },
    { "{\"dynamodb\":{\"ApproximateCreationDateTime\":[{\"numeric\":[\">=\",1700000000]}]}}",
      true },
    { "{\"dynamodb\":{\"ApproximateCreationDateTime\":[{\"numeric\":[\">\",1700000000]}]}}",
      false },
    { "{\"dynamodb\":{\"ApproximateCreationDateTime\":[{\"numeric\":[\">\",1,\"<=\",2]}]}}",
      false },
    { "{\"dynamodb\":{\"ApproximateCreationDateTime\":[{\"numeric\":[\">\",1,\"<\",2e9]}]}}",
      true },
    { "{\"dynamodb\":{\"ApproximateCreationDateTime\":[{\"numeric\":[\"=\",1.7e9]}]}}", true },
    { "{\"dynamodb\":{\"ApproximateCreationDateTime\":[1700000000.0]}}", true },
    { "{\"eventName\":[{\"prefix\":\"INS\"}]}", true },
    { "{\"eventName\":[{\"prefix\":\"ins\"}]}", false },
    { "{\"eventName\":[{\"prefix\":{\"equals-ignore-case\":\"ins\"}}]}", true },
    { "{\"eventName\":[{\"prefix\":\"INSERTED\"}]}", false },
    { "{\"eventName\":[{\"suffix\":\"ERT\"}]}", true },
    { "{\"eventName\":[{\"suffix\":\"INS\"}]}", false },
    { "{\"eventName\":[{\"suffix\":{\"equals-ignore-case\":\"ert\"}}]}", true },
    { "{\"eventName\":[{\"equals-ignore-case\":\"insert\"}]}", true },
    { "{\"eventName\":[{\"equals-ignore-case\":\"inser\"}]}", false },
    { "{\"eventName\":[{\"anything-but\":\"REMOVE\"}]}", true },
    { "{\"eventName\":[{\"anything-but\":[\"REMOVE\",\"INSERT\"]}]}", false },
    { "{\"eventName\":[{\"anything-but\":{\"prefix\":\"INS\"}}]}", false },
    { "{\"eventName\":[{\"anything-but\":{\"suffix\":[\"x\",\"y\"]}}]}", true },
    { "{\"eventName\":[{\"anything-but\":{\"equals-ignore-case\":[\"insert\"]}}]}", false },
    { "{\"missing\":[{\"anything-but\":\"REMOVE\"}]}", false },
    { "{\"eventName\":[{\"exists\":true}]}", true },
    { "{\"eventName\":[{\"exists\":false}]}", false },
    { "{\"missing\":[{\"exists\":false}]}", true },
    { "{\"missing\":{\"deeper\":[{\"exists\":false}]}}", true },
    { "{\"missing\":{\"deeper\":[{\"exists\":true}]}}", false },
    { "{\"nothing\":[{\"exists\":true}]}", true },
    /* only leaves exist */
    { "{\"dynamodb\":{\"NewImage\":{\"status\":[{\"exists\":true}]}}}", false },
    { "{\"dynamodb\":{\"NewImage\":{\"status\":[{\"exists\":false}]}}}", true },
    { "{\"dynamodb\":{\"NewImage\":{\"status\":{\"S\":[{\"exists\":true}]}}}}", true },
    /* arrays match by any element */
    { "{\"dynamodb\":{\"NewImage\":{\"tags\":{\"SS\":[\"blue\"]}}}}", true },
    { "{\"dynamodb\":{\"NewImage\":{\"tags\":{\"SS\":[\"green\"]}}}}", false },
    { "{\"dynamodb\":{\"NewImage\":{\"list\":{\"L\":{\"S\":[\"b\"]}}}}}", true },
    { "{\"dynamodb\":{\"NewImage\":{\"list\":{\"L\":{\"S\":[\"c\"]}}}}}", false },
    { "{\"$or\":[{\"eventName\":[\"MODIFY\"]},{\"nothing\":[null]}]}", true },
    { "{\"$or\":[{\"eventName\":[\"MODIFY\"]},{\"nothing\":[1]}]}", false },
    { "{\"eventName\":[\"MODIFY\"],\"$or\":[{\"nothing\":[null]},{\"nothing\":[1]}]}", false },
    { "{\"userIdentity\":{\"type\":[\"Service\"]}}", true },
    { "{\"userIdentity\":{\"type\":[\"Service\"],\"principalId\":[\"x\"]}}", false },
};

static json_t *tree(const char *text)
{
    struct err e = { 0 };
    json_t *t = NULL;
    if (json_parse(text, strlen(text), &t, &e) != 0)
        fail_msg("%s: %s", text, e.msg);
    return t;
}

static void test_match(void **state)
{
    (void)state;
    auto_json json_t *record = tree(RECORD);
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        auto_json json_t *pattern = tree(rows[i].pattern);
        struct err e = { 0 };
        if (filter_check(pattern, &e) != 0)
            fail_msg("%s: %s", rows[i].pattern, e.msg);
        if (filter_match(pattern, record) != rows[i].matches)
            fail_msg("%s should %smatch", rows[i].pattern, rows[i].matches ? "" : "not ");
    }
}

/* A row: the pattern, and a part of what is said about it. */
static const char *const wrong[][2] = {
    { "{}", "at least one key" },
    { "[]", "at least one key" },
    { "{\"eventName\":\"INSERT\"}", "'eventName': values stand in a list" },
    { "{\"eventName\":[]}", "'eventName': an empty list matches nothing" },
    { "{\"a\":{\"b\":[{\"regex\":\"x\"}]}}", "'a.b': element 0 is no value and no known operator" },
    { "{\"a\":[{\"prefix\":\"x\",\"suffix\":\"y\"}]}", "no known operator" },
    { "{\"a\":[{\"prefix\":1}]}", "'prefix' takes a string" },
    { "{\"a\":[{\"numeric\":[\">\"]}]}", "'numeric' takes" },
    { "{\"a\":[{\"numeric\":[\">\",\"1\"]}]}", "'numeric' takes" },
    { "{\"a\":[{\"numeric\":[\"!=\",1]}]}", "'numeric' takes" },
    { "{\"a\":[{\"numeric\":[\">\",1,\"<\",2,\"<\",3]}]}", "'numeric' takes" },
    { "{\"a\":[{\"exists\":\"yes\"}]}", "'exists' takes true or false" },
    { "{\"a\":[{\"anything-but\":{\"exists\":true}}]}", "'anything-but' takes" },
    { "{\"a\":[{\"anything-but\":[]}]}", "'anything-but' takes" },
    { "{\"a\":[[\"x\"]]}", "element 0 is no value" },
    { "{\"$or\":[{\"a\":[1]}]}", "two or more" },
    { "{\"$or\":[{\"a\":[1]},{\"b\":2}]}", "values stand in a list" },
};

static void test_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTOF(wrong); i++) {
        auto_json json_t *pattern = tree(wrong[i][0]);
        struct err e = { 0 };
        if (filter_check(pattern, &e) == 0)
            fail_msg("%s was taken", wrong[i][0]);
        assert_int_equal(e.code, ERR_CONFIG);
        if (!strstr(e.msg, wrong[i][1]))
            fail_msg("%s: '%s' does not say '%s'", wrong[i][0], e.msg, wrong[i][1]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests_name("filter patterns", tests, NULL, NULL);
}
