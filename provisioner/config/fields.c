/*
 * fields.c: the one table of fields. Parser, error messages, reference page and JSON Schema all use
 * it.
 *
 * Limits are AWS's: the quotas of DynamoDB, Lambda, SQS FIFO, EventBridge rules and CloudWatch Logs
 * in their user guides. Limits that involve several fields are in check*.c.
 */
#include "config/fields.h"

#include "contract.h"

#include <string.h>

enum {
    MINUTES = 60,
    HOURS = 3600,
    DAYS = 86400,
};

#define NAME_PATTERN "^[a-z][a-z0-9-]*$"
#define NAME_WORDS   "lower-case letters, digits and -, beginning with a letter"
/* Letters of all languages, in UTF-8; check_tags reports other characters.
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html */
#define TAG_LETTER     "([A-Za-z0-9 _.:/=+@-]|[^ -~])"
#define TAG_WORDS      "letters, digits, spaces and + - = . _ : / @"
#define LABEL_PATTERN  "^[A-Za-z0-9_-]+$"
#define LABEL_WORDS    "letters, digits, _ and -"
#define TOKEN_PATTERN  "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
#define TOKEN_WORDS    "a header name (RFC 9110: letters, digits and !#$%&'*+-.^_`|~)"
#define REGION_PATTERN "^[a-z]{2,}(-[a-z]+)+-[0-9]+$"
#define REGION_WORDS   "an AWS region such as eu-west-1"

static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", NULL };
static const char *const check_methods[] = { "GET", "HEAD", "OPTIONS", NULL };
/* The 4xx by which an API may say that it already has a message, or that its target is gone. Other
 * 4xx are about fifoq, the moment, or a mistake in the message; a 5xx says nothing about the
 * message. */
static const char *const final_statuses[] = { "404", "409", "410", "412", "422", NULL };
static const char *const architectures[] = { "arm64", "x86_64", NULL };
/* https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
static const char *const log_days[] = { "1d",    "3d",    "5d",    "7d",    "14d",   "30d",
                                        "60d",   "90d",   "120d",  "150d",  "180d",  "365d",
                                        "400d",  "545d",  "731d",  "1096d", "1827d", "2192d",
                                        "2557d", "2922d", "3288d", "3653d", NULL };

/* clang-format off */
const struct field config_fields[] = {
    { "name", FIELD_STRING, FIELD_REQUIRED, NULL, 1, 60, NULL, NAME_PATTERN, NAME_WORDS,
      "Names every resource: the pipeline P is this name, or NAME-ENV with --env ENV." },
    { "region", FIELD_STRING, 0, NULL, 1, 30, NULL, REGION_PATTERN, REGION_WORDS,
      "The AWS region. Without it: AWS_REGION, AWS_DEFAULT_REGION, then the profile's." },
    { "account", FIELD_STRING, 0, NULL, 12, 12, NULL, "^[0-9]{12}$", "an account's 12 digits",
      "A guard: fifoq refuses to use any other account." },
    { "profile", FIELD_STRING, 0, NULL, 1, 128, NULL, "^[^][]+$", "a profile's name",
      "The profile in ~/.aws whose credentials are used. --profile overrides it; without both: AWS_PROFILE, the variables." },
    { "tags", FIELD_MAP, FIELD_EMPTY, "{}", 0, 40, NULL, "^" TAG_LETTER "+$", TAG_WORDS ", at most 128",
      "Tags for all resources that support tags, in addition to fifoq's own." },
    { "tags.*", FIELD_STRING, 0, NULL, 0, 256, NULL, "^" TAG_LETTER "*$", TAG_WORDS, "The tag's value." },
    { "ignore_tags", FIELD_LIST, FIELD_NULLABLE, "null", 1, 20, NULL, NULL, NULL,
      "Prefixes of foreign tags to ignore: they are not a difference, and up leaves them. null: every foreign tag is a difference." },
    { "ignore_tags[]", FIELD_STRING, 0, NULL, 1, 128, NULL, "^" TAG_LETTER "+$", TAG_WORDS,
      "A prefix of tag keys, such as AutoTag_ or cost-center:." },
    { "kms", FIELD_STRING, FIELD_NULLABLE, "null", 1, 2048, NULL,
      "^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/)?[A-Za-z0-9/_-]+$",
      "a key's ARN, its id, or alias/NAME",
      "The AWS KMS key for the queues and parameters that fifoq creates. null: AWS's keys. Keys of existing queues, parameters and tables are found without it." },

    { "table", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL,
      "The DynamoDB table whose changes are sent. Required with ingest." },
    { "table.name", FIELD_STRING, FIELD_REQUIRED, NULL, 3, 255, NULL, "^[A-Za-z0-9_.-]+$",
      "letters, digits, _ - and .", "The table's name. Its stream is enabled when it is disabled." },
    { "table.create", FIELD_MAP, FIELD_NULLABLE, "null", 0, 0, NULL, NULL, NULL,
      "Set this only if fifoq should create and own the table. null: the table exists." },
    { "table.create.key", FIELD_KEY, FIELD_REQUIRED, NULL, 1, 255, NULL, NULL, NULL,
      "The partition key: NAME for text, NAME:N for numbers, NAME:B for binary." },
    { "table.create.sort_key", FIELD_KEY, FIELD_NULLABLE, "null", 1, 255, NULL, NULL, NULL,
      "The sort key, written the same way; null: none." },

    { "ingest", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL,
      "From the table into the queue. Omit it when another producer fills the queue." },
    { "ingest.events", FIELD_LIST, 0, "[INSERT]", 1, 3, NULL, NULL, NULL, "Which changes of items become messages." },
    { "ingest.events[]", FIELD_ENUM, 0, NULL, 0, 0, event_words, NULL, NULL, "A kind of change." },
    { "ingest.filter", FIELD_LIST, FIELD_NULLABLE, "null", 1, 10, NULL, NULL, NULL,
      "Lambda event filter patterns; a change must match at least one. Dropped changes cost nothing. Up to 5, or up to 10 with a raised quota. null: all match." },
    { "ingest.filter[]", FIELD_JSON, 0, NULL, 0, 4096, NULL, NULL, "an event filter pattern, at most 4096 characters as JSON",
      "A pattern over the stream record, such as {dynamodb: {NewImage: {status: {S: [paid]}}}}." },
    { "ingest.group", FIELD_TEXT, FIELD_NULLABLE, "null", 1, 0, NULL, NULL, NULL,
      "The message group: order is kept inside a group. null: one group, so one total order." },
    { "ingest.message", FIELD_TEMPLATE, FIELD_NULLABLE, "null", 0, 0, NULL, NULL, NULL,
      "The message, a template. null: the whole item as plain JSON." },
    { "ingest.batch_size", FIELD_INTEGER, 0, "100", 1, 10000, NULL, NULL, NULL,
      "The maximum number of stream records in one invocation." },
    { "ingest.on_reject", FIELD_ENUM, 0, "block", 0, 0, reject_words, NULL, NULL,
      "What happens to an item that cannot become a message: block everything behind it, move it to the dead-letter queue, or drop it." },

    { "ingest.order", FIELD_ENUM, 0, "strict", 0, 0, order_words, NULL, NULL,
      "strict: one record of a group in a call of SQS, so order survives every failure. batch: up to ten of a group in a call, ten times cheaper; if SQS fails one of them and accepts a later one, that order is lost, counted and reported." },
    { "ingest.start", FIELD_STRING, FIELD_NULLABLE, "null", 3, 20, NULL,
      "^(oldest|now|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)$",
      "oldest, now, or a time in UTC such as 2026-01-31T08:00:00Z",
      "Which stream records become messages: all that the stream still holds (oldest, up to 24 hours), those created after the first 'fifoq up' (now), or those created at a time or later. null: oldest, and 'fifoq up' says so before it begins." },

    { "queue", FIELD_MAP, FIELD_EMPTY, "{}", 0, 0, NULL, NULL, NULL, "The SQS FIFO queue between the two halves." },
    { "queue.existing", FIELD_STRING, FIELD_NULLABLE, "null", 6, 80, NULL, "^[A-Za-z0-9_-]+\\.fifo$",
      "a queue's name that ends in .fifo",
      "Use this existing queue. fifoq reads it and grants access to it, but never changes or deletes it. null: fifoq creates P.fifo." },
    { "queue.retention", FIELD_DURATION, 0, "14d", 60, 14 * DAYS, NULL, NULL, NULL,
      "How long a message may wait before SQS deletes it." },
    { "queue.visibility", FIELD_DURATION, 0, NULL, 0, 12 * HOURS, NULL, NULL, NULL,
      "How long a message stays hidden while it is sent. Default, and minimum with drain: drain.timeout + 30s; without drain: 30s." },

    { "drain", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL,
      "From the queue to the APIs. Omit it when another consumer reads the queue." },
    { "drain.schedules", FIELD_LIST, FIELD_REQUIRED, NULL, 1, 50, NULL, NULL, NULL, "When the queue is drained, in UTC." },
    { "drain.schedules[]", FIELD_SHORT, 0, NULL, 0, 0, NULL, "at",
      "an expression such as cron(0/5 9-17 ? * MON-FRI *) or rate(1 hour), or {name, at, max_messages}",
      "One schedule: an expression, or a map." },
    { "drain.schedules[].at", FIELD_EXPRESSION, FIELD_REQUIRED, NULL, 1, 256, NULL, NULL,
      "cron(minute hour day-of-month month day-of-week year) or rate(N minutes|hours|days)",
      "The EventBridge expression." },
    { "drain.schedules[].name", FIELD_STRING, 0, NULL, 1, 64, NULL, LABEL_PATTERN, LABEL_WORDS,
      "The schedule's name. Default: cron- or rate- and 8 hexadecimal digits made from the expression." },
    { "drain.schedules[].max_messages", FIELD_INTEGER, 0, NULL, 1, 10000, NULL, NULL, NULL,
      "The maximum number of messages in one run of this schedule. Default: drain.max_messages." },
    { "drain.max_messages", FIELD_INTEGER, 0, "10", 1, 10000, NULL, NULL, NULL,
      "The maximum number of messages in one run; 1 is strictly the oldest message." },
    { "drain.rate", FIELD_RATE, FIELD_NULLABLE, "null", 0, 1000, NULL, NULL, NULL,
      "The maximum rate of requests, for all runs together: 5/s, 30/m, 100/h. null: no limit." },
    { "drain.parallel_groups", FIELD_INTEGER, 0, "1", 1, 100, NULL, NULL, NULL,
      "The number of groups delivered in parallel; inside a group it is always one message at a time." },
    { "drain.timeout", FIELD_DURATION, 0, "60s", 5, 15 * MINUTES, NULL, NULL, NULL, "How long one run may take." },
    /* SQS hides a message for 12 hours at most, counted from when it was received. */
    { "drain.retry_after_max", FIELD_DURATION, 0, "1h", 1, 11 * HOURS, NULL, NULL, NULL,
      "The longest pause that a destination can ask for with Retry-After; a longer one is cut to this." },
    { "drain.on_reject", FIELD_ENUM, 0, "block", 0, 0, reject_words, NULL, NULL,
      "What happens to a message that an API finally rejects (4xx): block its group, move it to the dead-letter queue, or drop it." },
    { "drain.destinations", FIELD_LIST, FIELD_REQUIRED, NULL, 1, 10, NULL, NULL, NULL,
      "The APIs; a message is deleted only after success from every one." },
    { "drain.destinations[]", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL, "One API." },
    { "drain.destinations[].name", FIELD_STRING, FIELD_REQUIRED, NULL, 1, 64, NULL, LABEL_PATTERN, LABEL_WORDS,
      "Its name in logs." },
    { "drain.destinations[].url", FIELD_TEXT, FIELD_REQUIRED, NULL, 1, 0, NULL, NULL, NULL,
      "Where the request is sent: https://, or http:// to this machine only. Scheme and host are literal; values are percent-encoded." },
    { "drain.destinations[].method", FIELD_ENUM, 0, "POST", 0, 0, methods, NULL, NULL, "The request's method." },
    { "drain.destinations[].headers", FIELD_MAP, FIELD_EMPTY, "{}", 0, 50, NULL, TOKEN_PATTERN, TOKEN_WORDS,
      "Headers of the request." },
    { "drain.destinations[].headers.*", FIELD_TEXT, 0, NULL, 0, 0, NULL, NULL, NULL, "The header's value." },
    { "drain.destinations[].body", FIELD_TEMPLATE, FIELD_NULLABLE, "null", 0, 0, NULL, NULL, NULL,
      "The body, a template. null: the message." },
    { "drain.destinations[].body_type", FIELD_ENUM, 0, "json", 0, 0, body_type_words, NULL, NULL,
      "The body's format, which also sets Content-Type, unless headers has one: JSON; a form, made from a map; one text as it is; XML, one text whose values are escaped." },
    { "drain.destinations[].auth", FIELD_MAP, FIELD_NULLABLE, "null", 0, 0, NULL, NULL, NULL,
      "Authentication: one kind, with or without mtls. null: none. Secrets are parameters: ${param.NAME}." },
    { "drain.destinations[].auth.bearer", FIELD_TEXT, 0, NULL, 1, 0, NULL, NULL, NULL,
      "Sends Authorization: Bearer with this token." },
    { "drain.destinations[].auth.basic", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL, "HTTP Basic authentication." },
    { "drain.destinations[].auth.basic.username", FIELD_TEXT, FIELD_REQUIRED, NULL, 0, 0, NULL, NULL, NULL, "The user." },
    { "drain.destinations[].auth.basic.password", FIELD_TEXT, FIELD_REQUIRED, NULL, 0, 0, NULL, NULL, NULL,
      "The password; \"\" where the key is the username and there is no password." },
    { "drain.destinations[].auth.header", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL, "An API key in its own header." },
    { "drain.destinations[].auth.header.name", FIELD_STRING, FIELD_REQUIRED, NULL, 1, 128, NULL, TOKEN_PATTERN, TOKEN_WORDS,
      "The header's name." },
    { "drain.destinations[].auth.header.value", FIELD_TEXT, FIELD_REQUIRED, NULL, 1, 0, NULL, NULL, NULL, "The key." },
    { "drain.destinations[].auth.query", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL, "An API key in the url's query." },
    { "drain.destinations[].auth.query.name", FIELD_STRING, FIELD_REQUIRED, NULL, 1, 128, NULL, "^[A-Za-z0-9._~-]+$",
      "letters, digits and . _ ~ -", "The query parameter's name." },
    { "drain.destinations[].auth.query.value", FIELD_TEXT, FIELD_REQUIRED, NULL, 1, 0, NULL, NULL, NULL, "The key." },
    { "drain.destinations[].auth.oauth2", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL,
      "OAuth 2.0 client credentials: an access token is requested and kept until shortly before it expires. Its values are the same for every message: ${param.NAME} only." },
    { "drain.destinations[].auth.oauth2.token_url", FIELD_STRING, FIELD_REQUIRED, NULL, 1, 2048, NULL, "^https?://.+$",
      "a url that begins with https:// (or http://, to this machine only), without placeholders",
      "The token endpoint. The request may take as long as one to the API (timeout); redirects are not followed." },
    { "drain.destinations[].auth.oauth2.client_id", FIELD_TEXT, FIELD_REQUIRED, NULL, 1, 0, NULL, NULL, NULL, "The client." },
    { "drain.destinations[].auth.oauth2.client_secret", FIELD_TEXT, FIELD_NULLABLE, "null", 1, 0, NULL, NULL, NULL,
      "Its secret; null only with style: tls." },
    { "drain.destinations[].auth.oauth2.scope", FIELD_TEXT, FIELD_NULLABLE | FIELD_WORDS, "null", 1, 0, NULL, NULL, NULL,
      "The scopes, separated by spaces, or a list of them; null: the server's default." },
    { "drain.destinations[].auth.oauth2.audience", FIELD_TEXT, FIELD_NULLABLE, "null", 1, 0, NULL, NULL, NULL,
      "The API that the token is for, if the server requires it; null: not sent." },
    { "drain.destinations[].auth.oauth2.style", FIELD_ENUM, 0, "basic", 0, 0, oauth2_styles, NULL, NULL,
      "How client and secret are sent: basic, in an Authorization header, or body, in the form. tls: the client certificate of mtls replaces the secret (RFC 8705)." },
    { "drain.destinations[].auth.oauth2.form", FIELD_MAP, FIELD_EMPTY, "{}", 0, 20, NULL, "^[^ ]+$", "names without spaces",
      "More members of the request's form, such as resource (RFC 8707); grant_type replaces client_credentials." },
    { "drain.destinations[].auth.oauth2.form.*", FIELD_TEXT, 0, NULL, 0, 0, NULL, NULL, NULL, "The member's value." },
    { "drain.destinations[].auth.oauth2.headers", FIELD_MAP, FIELD_EMPTY, "{}", 0, 20, NULL, TOKEN_PATTERN, TOKEN_WORDS,
      "More headers of the request for a token." },
    { "drain.destinations[].auth.oauth2.headers.*", FIELD_TEXT, 0, NULL, 0, 0, NULL, NULL, NULL, "The header's value." },
    { "drain.destinations[].auth.oauth2.ca", FIELD_TEXT, FIELD_NULLABLE, "null", 1, 0, NULL, NULL, NULL,
      "The CA of the token endpoint's certificate, like ca of the destination; null: the public CAs." },
    { "drain.destinations[].auth.hmac", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL,
      "Requests signed with a shared key: by Standard Webhooks (webhook-id, webhook-timestamp and webhook-signature), or, with header, in the receiver's own form." },
    { "drain.destinations[].auth.hmac.secrets", FIELD_LIST, FIELD_REQUIRED, NULL, 1, 10, NULL, NULL, NULL,
      "Each makes a signature; to rotate, add the new secret, switch the receiver over, and remove the old one." },
    { "drain.destinations[].auth.hmac.secrets[]", FIELD_TEXT, 0, NULL, 1, 0, NULL, NULL, NULL,
      "A secret, ${param.NAME} only: whsec_ and the key in base64, or, without whsec_, the key's bytes. With header: one secret, always its bytes." },
    { "drain.destinations[].auth.hmac.header", FIELD_STRING, FIELD_NULLABLE, "null", 1, 128, NULL, TOKEN_PATTERN, TOKEN_WORDS,
      "The header for the signature, such as X-Hub-Signature-256; null: Standard Webhooks." },
    { "drain.destinations[].auth.hmac.algorithm", FIELD_ENUM, 0, "sha256", 0, 0, hmac_algorithms, NULL, NULL, "With header: the hash." },
    { "drain.destinations[].auth.hmac.encoding", FIELD_ENUM, 0, "hex", 0, 0, hmac_encodings, NULL, NULL, "With header: how the signature is written." },
    { "drain.destinations[].auth.hmac.signed", FIELD_STRING, 0, "${body}", 1, 1024, NULL, NULL,
      "text that holds ${body}, and optionally ${timestamp} and ${id}", "With header: what is signed, such as ${timestamp}.${body}." },
    { "drain.destinations[].auth.hmac.value", FIELD_STRING, 0, "${signature}", 1, 1024, NULL, NULL,
      "text that holds ${signature}, and optionally ${timestamp} and ${id}", "With header: the header's value, such as sha256=${signature}." },
    { "drain.destinations[].auth.hmac.timestamp_header", FIELD_STRING, FIELD_NULLABLE, "null", 1, 128, NULL, TOKEN_PATTERN, TOKEN_WORDS,
      "With header: a header for ${timestamp}, the attempt's time in seconds since 1970; null: none." },
    { "drain.destinations[].auth.mtls", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL,
      "Mutual TLS: a client certificate, for the token endpoint of oauth2 too. A parameter holds 4 KB, or 8 KB in the advanced tier (existing:)." },
    { "drain.destinations[].auth.mtls.certificate", FIELD_TEXT, FIELD_REQUIRED, NULL, 1, 0, NULL, NULL, NULL,
      "The certificate as PEM, followed by the intermediate ones; ${param.NAME} only." },
    { "drain.destinations[].auth.mtls.key", FIELD_TEXT, FIELD_REQUIRED, NULL, 1, 0, NULL, NULL, NULL,
      "Its private key as PEM, without a passphrase; ${param.NAME} only." },
    { "drain.destinations[].auth.sigv4", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL,
      "AWS Signature Version 4 with the credentials of the drain function, whose role may invoke the url's target." },
    { "drain.destinations[].auth.sigv4.service", FIELD_STRING, FIELD_REQUIRED, NULL, 1, 64, NULL, "^[a-z0-9][a-z0-9-]*$",
      "the service's signing name, such as execute-api or lambda",
      "execute-api: API Gateway; lambda: a function's URL. The policy of any other service has to allow the role P-drain." },
    { "drain.destinations[].auth.sigv4.region", FIELD_STRING, FIELD_NULLABLE, "null", 1, 30, NULL, REGION_PATTERN, REGION_WORDS,
      "Its region. null: the pipeline's." },
    { "drain.destinations[].auth.sigv4.resource", FIELD_STRING, FIELD_NULLABLE, "null", 1, 140, NULL, "^[A-Za-z0-9_-]+$",
      "letters, digits, _ and -",
      "What the role may invoke: the function's name (lambda) or the API's id (execute-api). null: the API's id is in the url." },
    { "drain.destinations[].ca", FIELD_TEXT, FIELD_NULLABLE, "null", 1, 0, NULL, NULL, NULL,
      "The certificates of the only CAs to trust for this API, PEM; ${param.NAME} only. null: the public CAs." },
    { "drain.destinations[].timeout", FIELD_DURATION, 0, "10s", 1, 15 * MINUTES, NULL, NULL, NULL,
      "How long one request may take; at least 3s less than drain.timeout." },
    { "drain.destinations[].success", FIELD_LIST, 0, "[200-299]", 1, 10, NULL, NULL, NULL,
      "Which statuses mean that the message was delivered; [200-299, 409] if 409 means that it already exists." },
    { "drain.destinations[].success[]", FIELD_STATUS, 0, NULL, 200, 299, final_statuses, NULL, NULL,
      "A status or a range. A 4xx is listed singly: the API no longer needs the message, and it is deleted." },
    { "drain.destinations[].check", FIELD_SHORT, FIELD_NULLABLE, "null", 0, 0, NULL, "url",
      "a url, or {url, method, success}",
      "One harmless request, with the destination's headers and auth, that 'fifoq check --live' sends to test them. null: it only connects. drain never sends it." },
    { "drain.destinations[].check.url", FIELD_TEXT, FIELD_REQUIRED, NULL, 1, 0, NULL, NULL, NULL,
      "Where it is sent; ${param.NAME} only." },
    { "drain.destinations[].check.method", FIELD_ENUM, 0, "GET", 0, 0, check_methods, NULL, NULL, "Its method; it has no body." },
    { "drain.destinations[].check.success", FIELD_LIST, 0, "[200-299]", 1, 10, NULL, NULL, NULL, "Which statuses mean success." },
    { "drain.destinations[].check.success[]", FIELD_STATUS, 0, NULL, 200, 299, final_statuses, NULL, NULL, "A status or a range." },
    { "drain.destinations[].idempotency_header", FIELD_STRING, FIELD_NULLABLE, "Idempotency-Key", 1, 128, NULL,
      TOKEN_PATTERN, TOKEN_WORDS,
      "A header with the same value on every retry of a message, so that an API can detect duplicates. null: none." },

    { "parameters", FIELD_MAP, FIELD_EMPTY, "{}", 0, 100, NULL, LABEL_PATTERN, LABEL_WORDS,
      "Secrets, kept in the Parameter Store as SecureString /P/NAME and used as ${param.NAME}." },
    { "parameters.*", FIELD_MAP, 0, NULL, 0, 0, NULL, NULL, NULL, "One parameter." },
    { "parameters.*.from", FIELD_SOURCE, FIELD_REQUIRED, NULL, 0, 0, NULL, NULL,
      "env:VAR, file:PATH, prompt, or existing:/path/of/a/parameter (or existing:NAME, without a path)",
      "The source of its value when 'fifoq up' runs. A PATH is relative to the configuration's folder." },

    { "functions", FIELD_MAP, FIELD_EMPTY, "{}", 0, 0, NULL, NULL, NULL, "Both Lambda functions." },
    { "functions.architecture", FIELD_ENUM, 0, "arm64", 0, 0, architectures, NULL, NULL, "The processor." },
    { "functions.memory", FIELD_INTEGER, 0, "128", 128, 10240, NULL, NULL, NULL, "Memory in MB." },
    { "functions.log_retention", FIELD_DAYS, 0, "30d", 0, 0, log_days, NULL, NULL, "How long CloudWatch Logs keeps the logs." },
    { "functions.log_level", FIELD_ENUM, 0, "info", 0, 0, log_level_words, NULL, NULL, "The lowest level that is logged." },
    { "functions.permissions_boundary", FIELD_STRING, FIELD_NULLABLE, "null", 20, 2048, NULL,
      "^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$",
      "a policy's ARN, such as arn:aws:iam::123456789012:policy/boundary",
      "The permissions boundary of both roles. null: an existing boundary stays as it is." },
    { "functions.role_path", FIELD_STRING, 0, "/", 1, 512, NULL, "^/([A-Za-z0-9+=,.@_-]+/)*$",
      "/ or a path such as /service/, with a slash at both ends",
      "The IAM path of both roles. It is part of their ARNs and cannot be changed while they exist." },

    { "environments", FIELD_MAP, FIELD_EMPTY, "{}", 0, 50, NULL, NAME_PATTERN, NAME_WORDS,
      "The changes of --env ENV." },
    { "environments.*", FIELD_OVERLAY, FIELD_EMPTY, NULL, 0, 0, NULL, NULL, "a map with parts of this configuration",
      "Any part of this configuration, merged over the rest: maps deeply, lists and single values as a whole." },
};
/* clang-format on */

const size_t n_config_fields = COUNTOF(config_fields);

const struct field *field_find(const char *path)
{
    for (size_t i = 0; i < n_config_fields; i++)
        if (strcmp(config_fields[i].path, path) == 0)
            return &config_fields[i];
    return NULL;
}

const char *field_member(const struct field *child, const char *parent)
{
    size_t n = strlen(parent);
    const char *name = child->path + n + (n > 0);

    if (n && (strncmp(child->path, parent, n) != 0 || child->path[n] != '.'))
        return NULL;
    return strpbrk(name, ".[") ? NULL : name;
}

const struct field *field_below(const char *parent, const char *name)
{
    const struct field *any = NULL;

    for (size_t i = 0; i < n_config_fields; i++) {
        const char *member = field_member(&config_fields[i], parent);
        if (member && strcmp(member, name) == 0 && strcmp(name, "*") != 0)
            return &config_fields[i];
        if (member && strcmp(member, "*") == 0)
            any = &config_fields[i];
    }
    return any;
}

void field_duration(int64_t seconds, struct buf *out)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = { { DAYS, 'd' }, { HOURS, 'h' }, { MINUTES, 'm' }, { 1, 's' } };

    for (size_t i = 0; i < COUNTOF(units); i++)
        if (i == COUNTOF(units) - 1 || (seconds && seconds % units[i].seconds == 0)) {
            buf_printf(out, "%lld%c", (long long)(seconds / units[i].seconds), units[i].unit);
            return;
        }
}

static void allowed_string(const struct field *f, struct buf *out)
{
    buf_puts(out, f->allowed);
    if (f->min == f->max)
        return;
    if (f->min > 1)
        buf_printf(out, "; %lld to %lld characters", (long long)f->min, (long long)f->max);
    else
        buf_printf(out, "; at most %lld characters", (long long)f->max);
}

static void allowed_count(const struct field *f, const char *what, struct buf *out)
{
    buf_puts(out, what);
    if (f->min)
        buf_printf(out, " of %lld to %lld", (long long)f->min, (long long)f->max);
    else if (f->max)
        buf_printf(out, " of at most %lld", (long long)f->max);
}

void field_allowed(const struct field *f, struct buf *out)
{
    switch (f->type) {
    case FIELD_MAP: allowed_count(f, "a map", out); break;
    case FIELD_LIST: allowed_count(f, "a list", out); break;
    case FIELD_STRING: allowed_string(f, out); break;
    case FIELD_INTEGER:
        buf_printf(out, "a whole number from %lld to %lld", (long long)f->min, (long long)f->max);
        break;
    case FIELD_DURATION:
        buf_puts(out, "a duration from ");
        field_duration(f->min, out);
        buf_puts(out, " to ");
        field_duration(f->max, out);
        buf_puts(out, ", with its unit: s, m, h or d");
        break;
    case FIELD_RATE: buf_printf(out, "N/s, N/m or N/h, up to %lld/s", (long long)f->max); break;
    case FIELD_DAYS:
    case FIELD_ENUM: words_put(f->choices, out); break;
    case FIELD_KEY: buf_puts(out, "NAME, NAME:S, NAME:N or NAME:B"); break;
    case FIELD_TEXT: buf_puts(out, "text, which may hold ${...}"); break;
    case FIELD_TEMPLATE: buf_puts(out, "any JSON, whose texts may hold ${...}"); break;
    case FIELD_STATUS:
        buf_printf(out, "a status or a range within %lld-%lld; or one of ", (long long)f->min,
                   (long long)f->max);
        words_put(f->choices, out);
        break;
    case FIELD_SHORT:
    case FIELD_EXPRESSION:
    case FIELD_JSON:
    case FIELD_SOURCE:
    case FIELD_OVERLAY: buf_puts(out, f->allowed); break;
    }
}
