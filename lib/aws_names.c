/* aws_names.c: endpoints, queue URLs and ARNs; partitions. */
#include "aws_names.h"

#include "aws_endpoints.h"
#include "mem.h"

void aws_partition_of(const char *region, const char **partition, const char **dns_suffix)
{
    const struct aws_partition *p = aws_partition_find(region);

    *partition = p->name;
    *dns_suffix = p->dns_suffix;
}

char *aws_endpoint(const struct aws *a, enum aws_id id)
{
    struct aws_where w = { 0 };
    struct err none;

    /* aws_init has checked every service that fifoq builds with */
    return aws_endpoint_find(&a->endpoints, id, a->region, &w, &none) < 0 ? xstrdup("") : w.url;
}

char *aws_queue_url(const struct aws *a, const char *queue)
{
    const char *set = a->endpoints.url[AWS_ID_SQS];
    auto_free char *endpoint =
        set ? xstrdup(set) : xasprintf("https://sqs.%s.%s", a->region, a->dns_suffix);

    return xasprintf("%s/%s/%s", endpoint, a->account, queue);
}

char *aws_arn_in(const struct aws *a, const char *region, const char *service, const char *resource)
{
    return xasprintf("arn:%s:%s:%s:%s:%s", a->partition, service, region, a->account, resource);
}

char *aws_arn(const struct aws *a, const char *service, const char *resource)
{
    return aws_arn_in(a, a->region, service, resource);
}

char *aws_arn_global(const struct aws *a, const char *service, const char *resource)
{
    return xasprintf("arn:%s:%s::%s:%s", a->partition, service, a->account, resource);
}
