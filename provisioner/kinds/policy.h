/*
 * policy.h: IAM policy documents as values. AWS returns documents in another form than it received:
 * a string instead of an array of one, numbers as Sid, another order.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
#ifndef FIFOQ_POLICY_H
#define FIFOQ_POLICY_H

#include "kinds/kind.h"

/* The normal form of a document, a new reference: {"Version", "Statement": [...]} in one order and
 * spelling, without numbers as Sid. A value that is not an object is returned unchanged. */
json_t *policy_normal(const json_t *document);
/* For properties that are policy documents. */
extern const struct value_form form_policy;

/* Parses a document from a response into a new value. Invalid JSON becomes a string, so that it
 * shows as a difference. */
json_t *policy_parse(const char *text);

/*
 * Renders the template `name` of templates/ into a new document. grants: placeholder -> array of
 * "service:resource" or "service@region:resource", without account, which become ARNs. Statements
 * with an empty Resource are dropped. NULL with *e when the template is invalid.
 */
json_t *policy_render(const char *name, const json_t *grants, const struct aws *a, struct err *e);

#endif
