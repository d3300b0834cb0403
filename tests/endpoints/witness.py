"""botocore's endpoints: the URL, signing region and signing name of its requests.

As a program (`python witness.py`): rows of tests/data/endpoints.json as one JSON list in, each with
its complete `env`; one JSON list of answers out. It replaces its own environment row by row, so it
needs its own process.
"""

import json
import os
import sys

import botocore.session
from botocore.config import Config

# fifoq's name of a service (as in AWS_ENDPOINT_URL_<SERVICE>): botocore's, and a call for it
CALLS = {
    "DYNAMODB": ("dynamodb", "list_tables", {}),
    "DYNAMODB_STREAMS": ("dynamodbstreams", "list_streams", {}),
    "EVENTBRIDGE": ("events", "list_rules", {}),
    "LAMBDA": ("lambda", "list_layers", {}),
    "CLOUDWATCH_LOGS": ("logs", "describe_log_groups", {}),
    "SQS": ("sqs", "list_queues", {}),
    "SSM": ("ssm", "describe_parameters", {}),
    "IAM": ("iam", "list_roles", {}),
    "STS": ("sts", "get_caller_identity", {}),
    "SSO": ("sso", "list_accounts", {"accessToken": "x"}),
    "SSO_OIDC": ("sso-oidc", "register_client", {"clientName": "x", "clientType": "public"}),
    "RESOURCE_GROUPS_TAGGING_API": ("resourcegroupstaggingapi", "get_resources", {}),
    "SIGNIN": (
        "signin", "create_o_auth2_token",
        {"tokenInput": {"clientId": "x", "grantType": "refresh_token", "refreshToken": "x"}},
    ),
}  # fmt: skip
PATHS = {
    "LAMBDA": "/2018-10-31/layers", "SSO": "/assignment/accounts",
    "SSO_OIDC": "/client/register", "SIGNIN": "/v1/token",
}  # fmt: skip


class Sent(Exception):
    pass


def signed(request):
    """Region and name in the request's signature; none if it has none."""
    header = request.headers.get("Authorization") or ""
    header = header.decode() if isinstance(header, bytes) else header
    if "Credential=" not in header:
        return {}
    scope = header.partition("Credential=")[2].partition(",")[0].split("/")
    return {"region": scope[2], "name": scope[3]}


def sent(client, service):
    """The destination of a request of this client; it is not sent."""
    _, call, parameters = CALLS[service]
    requests = []

    def stop(request, **_):
        requests.append(request)
        raise Sent

    client.meta.events.register("before-send", stop)
    try:
        getattr(client, call)(**parameters)
    except Sent:
        pass
    url = requests[0].url.partition("?")[0].removesuffix(PATHS.get(service, "/")).rstrip("/")
    return {"url": url, **signed(requests[0])}


def ask(session, service, **client):
    try:
        return sent(session.create_client(CALLS[service][0], **client), service)
    except Exception as error:  # a refusal of botocore is an answer
        return {"error": f"{type(error).__name__}: {error}"}


def variant(fips, dual_stack):
    return Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)


def settled(row, loader):
    os.environ.clear()
    os.environ.update(row["env"])
    session = botocore.session.Session(profile=row.get("profile"))
    session.register_component("data_loader", loader)
    session.set_credentials("AKID", "SECRET", account_id=row.get("account"))
    out = {"endpoints": {service: ask(session, service) for service in CALLS}}
    try:
        config = session.create_client("sqs").meta.config
        out["attempts"] = config.retries.get("total_max_attempts")
        out["mode"] = config.retries.get("mode")
        out["ca"] = session.get_config_variable("ca_bundle")
    except Exception as error:
        out["error"] = f"{type(error).__name__}: {error}"
    return out


if __name__ == "__main__":
    shared = botocore.session.Session().get_component("data_loader")
    json.dump([settled(row, shared) for row in json.load(sys.stdin)], sys.stdout)
