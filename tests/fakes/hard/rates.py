"""The rate limit of each API: token buckets, as in AWS's control planes.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html describes the buckets.
"""

import threading
import time
from dataclasses import dataclass

from fakes.hard.base import Layer
from fakes.hard.network import throttled


@dataclass(frozen=True)
class Rate:
    """These actions share a bucket; without actions, each of the service's others has its own."""

    service: str
    actions: str
    per_s: float
    burst: float
    each: bool = False  # one bucket for each of the actions


# If only the rate is documented, the burst is one second's worth.
RATES = [
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, "API requests": 100
    # GetFunction, 15 GetPolicy, and 15 of all others together, which "can't be increased"
    Rate("lambda", "GetFunction", 100, 100),
    Rate("lambda", "GetPolicy", 15, 15),
    Rate("lambda", "Invoke", 1e9, 1e9),
    Rate("lambda", "", 15, 15),
    # AWS Support in github-aws-runners/terraform-aws-github-runner#2944: 3 PutParameter a second;
    # sudolabs-io/aws-ssm-cli#503: 20 of 44 at once were accepted
    Rate("ssm", "PutParameter DeleteParameter", 3, 10, each=True),
    # segmentio/chamber#34: "throttle after ~20 requests"
    Rate("ssm", "DescribeParameters", 5, 20),
    # https://docs.aws.amazon.com/general/latest/gr/ssm.html: 40 a second in the standard throughput
    Rate("ssm", "", 40, 40),
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html: 50, but PutEvents
    Rate("events", "", 50, 50),
    # .../amazondynamodb/latest/APIReference/API_ListTagsOfResource.html, API_TagResource.html
    Rate("dynamodb", "ListTagsOfResource", 10, 10),
    Rate("dynamodb", "TagResource UntagResource", 5, 5),
    # not documented
    Rate("iam", "", 20, 20),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
    Rate("logs", "CreateLogGroup DeleteLogGroup DescribeLogGroups", 10, 10, each=True),
]


class Bucket:
    """Tokens that are refilled over time, not all at once."""

    def __init__(self, rate, now):
        self.rate, self.tokens, self.at = rate, rate.burst, now

    def take(self, now):
        self.tokens = min(self.rate.burst, self.tokens + (now - self.at) * self.rate.per_s)
        self.at = now
        good = self.tokens >= 1
        self.tokens -= good
        return good


class Rates(Layer):
    """Calls above the rate are throttled, in the format of the service."""

    def __init__(self, rates=tuple(RATES), clock=time.monotonic):
        super().__init__()
        self.rates, self.clock, self.buckets = rates, clock, {}
        self.refused = {}  # how often, by name
        self.guard = threading.Lock()

    def _bucket(self, exchange):
        for number, rate in enumerate(self.rates):
            if rate.service != exchange.service:
                continue
            if rate.actions and exchange.action not in rate.actions.split():
                continue
            key = (number, exchange.action if rate.each else None)
            return self.buckets.setdefault(key, Bucket(rate, self.clock()))
        return None

    def __call__(self, exchange, go_on):
        with self.guard:
            bucket = self._bucket(exchange)
            good = bucket is None or bucket.take(self.clock())
            if not good:
                self.refused[exchange.name] = self.refused.get(exchange.name, 0) + 1
        if good:
            return go_on()
        self.use()
        return throttled(exchange)
