"""Is this request signed as AWS requires? Checked twice: over the bytes on the wire, by the
specification only, and again with botocore's signer. Neither uses fifoq's code.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import unquote_to_bytes

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SKEW_S = 15 * 60
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
AUTHORIZATION = re.compile(
    ALGORITHM + r" Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request,"
    r" ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True)
class Key:
    """A secret that the test knows, and the session token that must accompany it."""

    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Scope:
    key_id: str
    date: str
    region: str
    service: str


@dataclass(frozen=True)
class Authorization:
    scope: Scope
    signed: tuple
    signature: str


def read_authorization(headers):
    """The Authorization header parsed; None if there is none or it is not SigV4."""
    values = headers.all("Authorization")
    match = AUTHORIZATION.fullmatch(values[0]) if len(values) == 1 else None
    if not match:
        return None
    key_id, date, region, service, signed, signature = match.groups()
    return Authorization(Scope(key_id, date, region, service), tuple(signed.split(";")), signature)


def percent_encode(data, also=b""):
    keep = UNRESERVED | frozenset(also)
    return "".join(chr(byte) if byte in keep else f"%{byte:02X}" for byte in data)


def canonical_path(path):
    """RFC 3986 section 6 on the path as sent, then encoded once more (every service but S3)."""
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    closes = kept and path.endswith("/")
    return percent_encode(("/" + "/".join(kept) + ("/" if closes else "")).encode("latin-1"), b"/")


def canonical_query(query):
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append(tuple(percent_encode(unquote_to_bytes(text)) for text in (name, value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_headers(headers, signed):
    lines = []
    for name in signed:
        values = [" ".join(value.split()) for value in headers.all(name)]
        lines.append(f"{name}:{','.join(values)}\n")
    return "".join(lines)


def canonical_request(request, signed):
    path, _, query = request.target.partition("?")
    return "\n".join(
        [
            request.method,
            canonical_path(path),
            canonical_query(query),
            canonical_headers(request.headers, signed),
            ";".join(signed),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def string_to_sign(canonical, scope, timestamp):
    where = f"{scope.date}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return "\n".join([ALGORITHM, timestamp, where, digest])


def signing_key(secret, scope):
    key = b"AWS4" + secret.encode()
    for step in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return key


def signature_over_wire(request, authorization, secret, timestamp):
    canonical = canonical_request(request, authorization.signed)
    text = string_to_sign(canonical, authorization.scope, timestamp)
    key = signing_key(secret, authorization.scope)
    return hmac.new(key, text.encode("latin-1"), hashlib.sha256).hexdigest()


def signature_by_botocore(request, authorization, key, timestamp):
    """The same signature by botocore, from the same bytes and nothing else."""
    headers = HTTPHeaders()
    for name in authorization.signed:
        for value in request.headers.all(name):
            headers.add_header(name, value)
    host = request.headers.get("Host", "")
    aws = AWSRequest(request.method, f"http://{host}{request.target}", headers, request.body)
    aws.headers = headers
    aws.context["timestamp"] = timestamp
    scope = authorization.scope
    signer = SigV4Auth(Credentials("x", key.secret), scope.service, scope.region)
    canonical = signer.canonical_request(aws)
    return signer.signature(signer.string_to_sign(aws, canonical), aws)


def _form_problems(headers, authorization, timestamp):
    signed = authorization.signed
    if list(signed) != sorted(set(signed)):
        yield "SignedHeaders is not sorted or repeats a name"
    if any(name != name.lower() for name in signed):
        yield "SignedHeaders has a name in upper case"
    sent = {name.lower() for name, _ in headers}
    for name in set(signed) - sent:
        yield f"header '{name}' is signed and was not sent"
    for name in sorted(sent - set(signed)):
        if name in ("host", "content-type") or name.startswith("x-amz-"):
            yield f"header '{name}' was sent and is not signed"
    if len(headers.all("Host")) != 1:
        yield "there must be one Host header"
    if timestamp[:8] != authorization.scope.date:
        yield "the credential scope is of another day than X-Amz-Date"


def _clock_problems(timestamp, now):
    try:
        when = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return [f"X-Amz-Date '{timestamp}' is not YYYYMMDDTHHMMSSZ"]
    skew = abs((now - when).total_seconds())
    return [f"X-Amz-Date is {skew:.0f} s away from now"] if skew > MAX_SKEW_S else []


def _token_problems(headers, key):
    sent = headers.all("X-Amz-Security-Token")
    if key.token is None:
        return ["a session token was sent for a key that has none"] if sent else []
    return [] if sent == [key.token] else ["the session token is missing, wrong or repeated"]


def problems(request, keys, now=None):
    """All reasons for AWS to refuse this request's signature, as a list of sentences."""
    authorization = read_authorization(request.headers)
    if not authorization:
        return ["not signed with SigV4"]
    key = keys.get(authorization.scope.key_id)
    if not key:
        return [f"the access key '{authorization.scope.key_id}' is unknown"]
    dates = request.headers.all("X-Amz-Date")
    if len(dates) != 1:
        return ["there must be one X-Amz-Date header"]
    found = list(_form_problems(request.headers, authorization, dates[0]))
    found += _clock_problems(dates[0], now or datetime.now(timezone.utc))
    found += _token_problems(request.headers, key)
    declared = request.headers.all("X-Amz-Content-Sha256")
    if declared not in ([], [hashlib.sha256(request.body).hexdigest()]):
        found.append("X-Amz-Content-Sha256 is not the SHA-256 of the body")
    if signature_over_wire(request, authorization, key.secret, dates[0]) != authorization.signature:
        found.append("the signature is not that of the bytes on the wire")
    if signature_by_botocore(request, authorization, key, dates[0]) != authorization.signature:
        found.append("the signature is not the one that botocore computes")
    return found
