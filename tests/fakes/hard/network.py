"""Failures that any call may have: throttling, failing servers, broken connections, a wrong clock."""

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from fakes import wire
from fakes.hard.base import QUERY_SERVICES, Dice, Layer, error, key_of

# https://docs.aws.amazon.com/ (each service's "Common errors", and its list of throttling codes)
THROTTLED = {
    "lambda": ("TooManyRequestsException", 429, "Rate exceeded"),
    "sqs": ("RequestThrottled", 403, "Request is throttled."),
    "iam": ("Throttling", 400, "Rate exceeded"),
    "sts": ("Throttling", 400, "Rate exceeded"),
    "tagging": ("ThrottledException", 400, "Rate exceeded"),
    "dynamodb": ("ThrottlingException", 400, "Rate of requests exceeds the allowed throughput."),
}
ANY_THROTTLED = ("ThrottlingException", 400, "Rate exceeded")


def throttled(exchange):
    """The refusal in the format of the service."""
    code, status, message = THROTTLED.get(exchange.service, ANY_THROTTLED)
    return error(exchange, code, message, status)


class Throttles(Layer):
    """Of the first `first` requests, a share is throttled; the same request `most` times at most."""

    def __init__(self, seed, share=0.5, first=None, most=1):
        super().__init__()
        self.dice, self.share, self.first, self.most = Dice(seed), share, first, most
        self.seen = 0

    def __call__(self, exchange, go_on):
        times, dice = self.dice.throw(key_of(exchange))
        with self.lock:
            self.seen += 1
            over = self.first is not None and self.seen > self.first
        if over or times >= self.most or dice.random() >= self.share:
            return go_on()
        self.use()
        return throttled(exchange)


class Limit(Layer):
    """Each service accepts rate_per_s requests a second, and `burst` of them at once; the rest is
    throttled: a token bucket, as in AWS's control planes.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
    """

    def __init__(self, rate_per_s, burst, clock=time.monotonic):
        super().__init__()
        self.rate_per_s, self.burst, self.clock = rate_per_s, burst, clock
        self.buckets = {}  # by service: (tokens, when)

    def take(self, service):
        with self.lock:
            now = self.clock()
            tokens, before = self.buckets.get(service, (self.burst, now))
            tokens = min(self.burst, tokens + (now - before) * self.rate_per_s)
            good = tokens >= 1
            self.buckets[service] = (tokens - good, now)
            return good

    def __call__(self, exchange, go_on):
        if self.take(exchange.service):
            return go_on()
        self.use()
        return throttled(exchange)


PAGE = b"<html><head><title>503 Service Unavailable</title></head><body>Try again.</body></html>"
HTML = wire.Headers([("Content-Type", "text/html")])
WEATHER = ("empty", "unavailable", "html", "reset", "reset_after", "cut", "slow")


class Weather(Layer):
    """A share of the requests fails, in one of the ways of `kinds`; the same `most` times at most.

    empty: 500 without a body, unavailable: 503 in AWS's format, html: 503 of a load balancer,
    reset: before the work, reset_after: after it, cut: the work is done and its answer is
    truncated, slow: the answer takes slow_s.
    """

    def __init__(self, seed, share=0.3, kinds=WEATHER, most=1, slow_s=0.2):
        super().__init__()
        self.dice, self.share, self.kinds = Dice(seed), share, tuple(kinds)
        self.most, self.slow_s = most, slow_s

    def __call__(self, exchange, go_on):
        times, dice = self.dice.throw(key_of(exchange))
        if times >= self.most or dice.random() >= self.share:
            return go_on()
        kind = dice.choice(self.kinds)
        self.use()
        return getattr(self, f"_{kind}")(exchange, go_on)

    def _empty(self, exchange, go_on):
        return wire.Response(500)

    def _unavailable(self, exchange, go_on):
        return error(exchange, "ServiceUnavailable", "Service is unable to handle request.", 503)

    def _html(self, exchange, go_on):
        return wire.Response(503, HTML, PAGE)

    def _reset(self, exchange, go_on):
        return None

    def _reset_after(self, exchange, go_on):
        go_on()
        return None

    def _cut(self, exchange, go_on):
        answer = go_on()
        if answer:
            answer.cut = True
        return answer

    def _slow(self, exchange, go_on):
        time.sleep(self.slow_s)
        return go_on()


WINDOW_S = 300


class Clock(Layer):
    """AWS's clock is skew_s ahead of the client's (negative: behind); it accepts five minutes."""

    def __init__(self, skew_s):
        super().__init__()
        self.skew_s = skew_s

    def attach(self, proxy):
        proxy.skew_s = self.skew_s

    def __call__(self, exchange, go_on):
        now = datetime.now(timezone.utc) + timedelta(seconds=self.skew_s)
        text = exchange.request.headers.get("X-Amz-Date") or "19700101T000000Z"
        signed = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        off_s = (signed - now).total_seconds()
        if abs(off_s) > WINDOW_S:
            self.use()
            answer = self._refusal(exchange, text, now, late=off_s < 0)
        else:
            answer = go_on()
        if answer:
            headers = [h for h in answer.headers if h[0].lower() != "date"]
            date = format_datetime(now.replace(microsecond=0), usegmt=True)
            answer.headers = wire.Headers([*headers, ("Date", date)])
        return answer

    @staticmethod
    def _refusal(exchange, signed, now, late):
        edge = now + timedelta(seconds=-WINDOW_S if late else WINDOW_S)
        words = "Signature expired" if late else "Signature not yet current"
        comparison = "now earlier than" if late else "still later than"
        message = (
            f"{words}: {signed} is {comparison} {edge:%Y%m%dT%H%M%SZ} "
            f"({now:%Y%m%dT%H%M%SZ} {'-' if late else '+'} 5 min.)"
        )
        query = exchange.service in QUERY_SERVICES
        code = "SignatureDoesNotMatch" if query else "InvalidSignatureException"
        return error(exchange, code, message, 403 if query or exchange.service == "lambda" else 400)
