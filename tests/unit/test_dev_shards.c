/* test_dev_shards.c: parents before children, whatever appears and disappears. */
#include "unit.h"

#include "dev/shards.h"
#include "json.h"

#include <string.h>

static void update(struct shards *s, const char *described, enum shard_start start)
{
    struct err e = { 0 };
    auto_json json_t *list = NULL;
    if (json_parse(described, strlen(described), &list, &e) < 0)
        fail_msg("%s: %s", described, e.msg);
    shards_update(s, list, start);
}

static struct shard *get(const struct shards *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->list[i]->id, id) == 0)
            return s->list[i];
    return NULL;
}

/* The ids of the shards that may be read, as "a b". */
static void assert_ready(const struct shards *s, const char *want)
{
    auto_buf have = BUF(BUF_SMALL);
    for (size_t i = 0; i < s->n; i++)
        if (shard_ready(s, s->list[i]))
            buf_printf(&have, "%s%s", have.len ? " " : "", s->list[i]->id);
    assert_string_equal(buf_str(&have), want);
}

#define OPEN(id, parent)                                                                           \
    "{\"ShardId\":\"" id "\",\"ParentShardId\":\"" parent                                          \
    "\",\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\"}}"
#define CLOSED(id, parent)                                                                         \
    "{\"ShardId\":\"" id "\",\"ParentShardId\":\"" parent                                          \
    "\",\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\",\"EndingSequenceNumber\":\"9\"}" \
    "}"

static void test_children_wait(void **state)
{
    (void)state;
    struct shards s = { 0 };
    /* the child comes first in the list, and "gone" has been trimmed */
    update(&s, "[" OPEN("c", "b") "," CLOSED("b", "a") "," CLOSED("a", "gone") "]", SHARD_OLDEST);
    assert_ready(&s, "a");
    get(&s, "a")->done = true;
    assert_ready(&s, "b");
    get(&s, "b")->done = true;
    assert_ready(&s, "c");
    shards_done(&s);
}

static void test_a_split(void **state)
{
    (void)state;
    struct shards s = { 0 };
    update(&s, "[" CLOSED("p", "") "," OPEN("l", "p") "," OPEN("r", "p") "]", SHARD_OLDEST);
    assert_ready(&s, "p");
    get(&s, "p")->done = true;
    assert_ready(&s, "l r");
    shards_done(&s);
}

static void test_done_and_gone_is_forgotten(void **state)
{
    (void)state;
    struct shards s = { 0 };
    update(&s, "[" CLOSED("a", "") "," OPEN("b", "a") "]", SHARD_OLDEST);
    struct shard *b = get(&s, "b");
    update(&s, "[" OPEN("b", "a") "]", SHARD_OLDEST);
    assert_non_null(get(&s, "a")); /* still being read */
    assert_ready(&s, "a");
    get(&s, "a")->done = true;
    update(&s, "[" OPEN("b", "a") "]", SHARD_OLDEST);
    assert_null(get(&s, "a"));
    assert_ptr_equal(get(&s, "b"), b);
    assert_ready(&s, "b");
    shards_done(&s);
}

static void test_latest(void **state)
{
    (void)state;
    struct shards s = { 0 };
    update(&s, "[" CLOSED("old", "") "," OPEN("now", "old") "]", SHARD_LATEST);
    assert_ready(&s, "now");
    assert_int_equal(get(&s, "now")->start, SHARD_LATEST);
    /* a shard that appears later is read from its beginning, or records between two reads would be
     * missed */
    update(&s, "[" CLOSED("now", "old") "," OPEN("next", "now") "]", SHARD_LATEST);
    assert_int_equal(get(&s, "next")->start, SHARD_OLDEST);
    assert_ready(&s, "now");
    shards_done(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_children_wait),
        cmocka_unit_test(test_a_split),
        cmocka_unit_test(test_done_and_gone_is_forgotten),
        cmocka_unit_test(test_latest),
    };
    return cmocka_run_group_tests_name("shards", tests, NULL, NULL);
}
