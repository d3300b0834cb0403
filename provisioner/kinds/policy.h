/*
 * policy.h: IAM policy documents as values. AWS gives documents back in other words than it got
 * them: one string instead of an array of one, statements with numbers as Sid, another order.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
#ifndef FIFOQ_POLICY_H
#define FIFOQ_POLICY_H

#include "kinds/kind.h"

/* A document with everything in one order and spelling: {"Version", "Statement": [...]}, statements
 * without numbers as Sid; the caller's. What is not an object is given back as it is. */
json_t *policy_normal(const json_t *document);
/* Properties that are such documents. */
extern const struct value_form form_policy;

/* A document as answers hold it; the caller's. A text that is no JSON is given back as a string, so
 * that it shows as a difference. */
json_t *policy_parse(const char *text);

/*
 * The template `name` of templates/ with grants (placeholder -> array of "service:resource" or
 * "service@region:resource", the resource without account) as ARNs. A statement whose Resource is
 * left empty is left out. The caller's; NULL with *e when the template is broken.
 */
json_t *policy_render(const char *name, const json_t *grants, const struct aws *a, struct err *e);

#endif
