"""All sources of AWS credentials on one port: STS, the SSO portal, the OIDC and the sign-in token
endpoints, the metadata of an EC2 instance, and a container's endpoint.

The result is derived from the request, so two programs get the same credentials only if both made
the same request. Every secret begins with CANARY.
"""

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from fakes.signature import read_authorization
from fakes.wire import Headers, Request

CANARY = "CANARY"
XMLNS = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
USER = """<GetCallerIdentityResponse {0}><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/u</Arn>
<UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
ROLE = """<{0}Response {1}><{0}Result><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>
<AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>{AccessKeyId}</AccessKeyId>
<SecretAccessKey>{SecretAccessKey}</SecretAccessKey><SessionToken>{Token}</SessionToken>
<Expiration>{Expiration}</Expiration></Credentials></{0}Result></{0}Response>"""
FAULT = "<ErrorResponse {0}><Error><Type>Sender</Type><Code>{1}</Code><Message>{2}</Message></Error></ErrorResponse>"

# Kinds of metadata that return no token: their answer; None: no answer, as if the instance's hop
# limit dropped it.
REFUSALS = {
    "imds-v1": 404, "imds-bad": 400, "imds-forbidden": 403, "imds-no-put": 405, "imds-trouble": 500,
    "imds-far": None, "imds-v2-far": None,
}  # fmt: skip


def when(hours):
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def given(*asked_with, hours=1):
    mark = hashlib.sha256(repr(asked_with).encode()).hexdigest().upper()
    return {
        "AccessKeyId": "ASIA" + mark[:16],
        "SecretAccessKey": f"{CANARY}/secret+{mark[16:32]}",
        "Token": f"{CANARY}/token+{mark[32:48]}",
        "Expiration": when(hours),
    }


def lower(credentials, **more):
    plain = {name[0].lower() + name[1:]: value for name, value in credentials.items()}
    plain["sessionToken"] = plain.pop("token")
    return {**plain, **more}


def dpop_key(proof):
    """The public key of a valid DPoP proof, as text; else None."""
    head, claims, signature = proof.split(".")
    raw = [base64.urlsafe_b64decode(part + "==") for part in (head, claims, signature)]
    jwk = json.loads(raw[0])["jwk"]
    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big") for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    r, s = (int.from_bytes(raw[2][at : at + 32], "big") for at in (0, 32))
    key.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return jwk["x"]


def serve(sock, handler):
    """A server with its own thread on a listening socket; None: on any port of 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler, bind_and_activate=sock is None)
    server.daemon_threads = True
    if sock:
        server.socket.close()
        server.socket, server.server_address = sock, sock.getsockname()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@dataclass
class Identity:
    """requests: all requests received; failing: action -> the (status, code) of its first answers.
    listeners: listening sockets, the first of them is the url; else a new one."""

    listeners: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    failing: dict = field(default_factory=dict)
    lasts_h: float = 1
    expired: set = field(default_factory=set)  # key ids that GetCallerIdentity calls expired
    rolls: bool = False  # and then others are returned
    era: int = 0
    instance: str = "imds"  # the kind of the metadata at the root, as it is at its own address

    def __enter__(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, "HTTP/1.1", Headers(self.headers.items()), body)
                fake.requests.append(request)
                status, answer = fake.route(request)
                if status is None:  # no answer until the client disconnects
                    self.close_connection = True
                    self.rfile.read(1)
                    return
                data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(status)
                if isinstance(answer, dict) and "__type" in answer:
                    self.send_header("x-amzn-ErrorType", answer["__type"])
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = answer

        self.servers = [serve(sock, Handler) for sock in self.listeners or [None]]
        self.url = "http://{}:{}".format(*self.servers[0].server_address[:2])
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def reset(self):
        self.instance = "imds"
        self.requests, self.failing, self.lasts_h, self.expired, self.rolls, self.era = [], {}, 1, set(), False, 0

    def actions(self):
        """The requests, in order: names of STS actions and paths of the others."""
        forms = [parse_qs(r.body.decode("latin-1")).get("Action", [urlsplit(r.target).path])[0] for r in self.requests]
        return forms

    def calls(self, action):
        return [r for r, name in zip(self.requests, self.actions()) if name == action]

    def route(self, request):
        path = urlsplit(request.target).path
        if path == "/":
            return self.query(request)
        if path.startswith("/imds"):
            return self.metadata(request, *path[1:].partition("/")[::2])
        if path.startswith("/latest/"):
            return self.metadata(request, self.instance, path[1:])
        if path.startswith("/v2/credentials/"):  # as ECS names them
            return self.container(request)
        return getattr(self, path.strip("/").replace("/", "_"), self.nothing)(request)

    def nothing(self, request):
        return 404, {"__type": "NotFound", "message": "nothing here"}

    def query(self, request):
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        action = form.get("Action")
        authorization = read_authorization(request.headers)
        signer = authorization.scope.key_id if authorization else None
        if self.failing.get(action):
            status, code = self.failing[action].pop(0)
            return status, FAULT.format(XMLNS, code, "not now")
        if action == "GetCallerIdentity":
            if signer in self.expired:
                self.era += self.rolls
                return 403, FAULT.format(XMLNS, "ExpiredToken", "The security token included in the request is expired")
            return 200, USER.format(XMLNS)
        if action not in ("AssumeRole", "AssumeRoleWithWebIdentity"):
            return 400, FAULT.format(XMLNS, "ValidationError", f"no {action} here")
        if (signer is None) != (action == "AssumeRoleWithWebIdentity"):
            return 403, FAULT.format(XMLNS, "AccessDenied", "signed, or not signed")
        if "denied" in form["RoleArn"]:
            return 403, FAULT.format(XMLNS, "AccessDenied", "not allowed to assume the role")
        named = form.pop("RoleSessionName")
        named = None if named.startswith(("botocore-session-", "fifoq-")) else named
        credentials = given(action, sorted(form.items()), named, signer, self.era, hours=self.lasts_h)
        return 200, ROLE.format(action, XMLNS, **credentials)

    def federation_credentials(self, request):
        token = request.headers.get("x-amz-sso_bearer_token")
        if "unauthorized" in token:
            return 401, {"__type": "UnauthorizedException", "message": "Session token not found or invalid"}
        credentials = lower(given("sso", token, sorted(urlsplit(request.target).query.split("&"))))
        credentials["expiration"] = int((datetime.now(timezone.utc) + timedelta(hours=1)).timestamp() * 1000)
        return 200, {"roleCredentials": credentials}

    def token(self, request):
        asked = json.loads(request.body)
        if asked["refreshToken"] == "refused" or asked["grantType"] != "refresh_token":
            return 400, {"__type": "InvalidGrantException", "error": "invalid_grant"}
        if asked["refreshToken"] == "CANARY-timeless":
            return 200, {"accessToken": f"{CANARY}-timeless", "tokenType": "Bearer"}
        mark = asked["refreshToken"] + asked["clientId"] + asked["clientSecret"]
        return 200, {"accessToken": f"{CANARY}-of-{mark}", "expiresIn": 3600, "tokenType": "Bearer",
                     "refreshToken": f"{CANARY}-after-{mark}"}  # fmt: skip

    def v1_token(self, request):
        asked = json.loads(request.body)
        if asked["refreshToken"] == "refused":
            return 400, {"__type": "AccessDeniedException", "error": "TOKEN_EXPIRED", "message": "no"}
        key = dpop_key(request.headers.get("DPoP"))
        access = lower(given("login", asked["refreshToken"], asked["clientId"], key))
        access.pop("expiration")
        return 200, {"accessToken": access, "expiresIn": 900, "tokenType": "aws_sigv4",
                     "refreshToken": f"{CANARY}-new-refresh"}  # fmt: skip

    def metadata(self, request, kind, path):
        host, token = (request.headers.get(name) for name in ("Host", "x-aws-ec2-metadata-token"))
        if path == "latest/api/token":
            if request.method != "PUT" or kind in REFUSALS:
                return REFUSALS.get(kind, 405), ""
            return 200, f"{CANARY}-imds-{request.headers.get('x-aws-ec2-metadata-token-ttl-seconds')}"
        if kind in ("imds-v2", "imds-v2-far") and not token:
            return 401, ""
        if path.rstrip("/").endswith("security-credentials"):
            return (404, "") if kind == "imds-norole" else (200, "web-role")
        if kind == "imds-error":
            return 200, {"Code": "AssumeRoleUnauthorizedAccess", "Message": "no"}
        if kind == "imds-html":
            return 200, "<html>"
        return 200, {"Code": "Success", "Type": "AWS-HMAC", **given("imds", host, kind, path, token, hours=6)}

    def container(self, request):
        host, token = (request.headers.get(name) for name in ("Host", "Authorization"))
        return 200, given("container", request.target, host.lower(), token, hours=6)

    v1_credentials = container  # as EKS names it

    def container_partial(self, request):
        return 200, {"AccessKeyId": "A", "SecretAccessKey": f"{CANARY}-partial"}

    def container_html(self, request):
        return 200, "<html>"
