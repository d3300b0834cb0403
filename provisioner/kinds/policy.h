/*
 * policy.h: IAM policy documents as values. AWS gives documents back in other words than it got
 * them: one string instead of an array of one, statements with numbers as Sid, another order.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
#ifndef FIFOQ_POLICY_H
#define FIFOQ_POLICY_H

#include "json.h"

/* True when both documents say the same, whatever their order and spelling. */
bool policy_equal(const json_t *a, const json_t *b);

/* A document with everything in one order and spelling: {"Version", "Statement": [...]}, statements
 * without numbers as Sid; the caller's. */
json_t *policy_normal(const json_t *document);

/* A document as answers hold it; the caller's. A text that is no JSON is given back as a string, so
 * that it shows as a difference. */
json_t *policy_parse(const char *text);

/*
 * The template `name` of templates/ with grants (placeholder -> array of "service:resource" or
 * "service@region:resource", the resource without account) as ARNs. A statement whose Resource is
 * left empty is left out. The caller's; NULL with *e when the template is broken.
 */
struct aws;
json_t *policy_render(const char *name, const json_t *grants, const struct aws *a, struct err *e);

#endif
