/* fake_aws_parts.h: shared by the files of the fake AWS; an action is one short function. */
#ifndef FIFOQ_FAKE_AWS_PARTS_H
#define FIFOQ_FAKE_AWS_PARTS_H

#include "fake_aws.h"

#define ACCOUNT "123456789012"
#define REGION  "eu-west-1"

/* One call in progress. */
struct call {
    struct fake_aws *f;
    const json_t *p; /* the request */
    json_t *reply;
    struct err *e;
};

struct fake_action {
    const char *call; /* "sqs:CreateQueue"; NULL ends a table */
    int (*fn)(struct call *c);
};
extern const struct fake_action fake_data[], fake_control[], fake_lambda[];

int fake_no(const struct call *c, enum err_code as, const char *code, const char *message);
int fake_missing(const struct call *c);
json_t *fake_all(const struct call *c, const char *group);
json_t *fake_thing(const struct call *c, const char *group, const char *name_member);
const char *fake_last_part(const char *text, const char *separators);
void fake_copy(json_t *to, const json_t *from, const char *const *names);
void fake_tag(json_t *tags, const json_t *set);
void fake_untag(json_t *tags, const json_t *keys);
json_t *fake_tag_list(const json_t *tags);
json_t *fake_new_tags(const json_t *set);
bool fake_looked(json_t *t);
json_t *fake_tagged(const struct call *c);
int fake_list_tags(struct call *c);
int fake_tag_listed(struct call *c);
int fake_untag_listed(struct call *c);

#endif
