"""Credentials from the addresses that AWS has on its hosts: rows as in credentials.py, and `instance`,
the kind of the instance's metadata (fakes/identity.py). tests/e2e/test_link_local.py asks botocore and
fifoq in a network namespace that has these addresses. Where fifoq is not to do as botocore does,
`fifoq` is its own provider, and `why` says the reason.
"""

from data.credentials import IMDS, KEYS, ROLE, row
from fakes.netns import CONTAINER, INSTANCE, INSTANCE_V6, POD, POD_V6

RELATIVE = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/0123-abc"}
TOKEN = {"token": "CANARY.pod.identity"}
DEAD_PROXY = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
OFF = {"AWS_EC2_METADATA_V1_DISABLED": "true"}


def full(url, **more):
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, **more}


def pod(host, **more):
    return full(f"http://{host}/v1/credentials", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="{HOME}/token", **more)


def ec2(**more):
    return {**IMDS, **more}


ROWS = [
    # ECS
    row("ecs", "container-role", at=[CONTAINER], env=RELATIVE),
    row("ecs with a query", "container-role", at=[CONTAINER], env={"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/a?b=c%20d&e"}),
    row("ecs with a token", "container-role", at=[CONTAINER], env={**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "CANARY-t"}),
    row("ecs, relative before full", "container-role", at=[CONTAINER], files=TOKEN, env={**RELATIVE, **full(f"http://{POD}/v1/credentials")}),
    row("ecs, full", "container-role", at=[CONTAINER], env=full(f"http://{CONTAINER}/v2/credentials/full")),
    row("ecs, full with the port", "container-role", at=[CONTAINER], env=full(f"http://{CONTAINER}:80/v2/credentials/full")),
    row("ecs, no path", None, at=[CONTAINER], env={"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ""}),
    row("ecs, nothing there", None, at=[CONTAINER], env={"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v3/nothing"}),
    row("ecs, another port", None, at=[], env=full(f"http://{CONTAINER}:81/v2/credentials/full")),
    row("ecs, the neighbour", None, at=[], env=full("http://169.254.170.3/v2/credentials/full")),
    row("ecs, past a proxy", "container-role", at=[CONTAINER], env={**RELATIVE, **DEAD_PROXY}),
    row("ecs before the instance", "container-role", at=[CONTAINER], env={**IMDS, **RELATIVE}),
    row("ecs after the files", "shared-credentials-file", at=[], env=RELATIVE, credentials="[default]\n" + KEYS),
    row("ecs, role of a profile", "assume-role", at=[CONTAINER], env=RELATIVE, config="[default]\n" + ROLE + "credential_source = EcsContainer\n"),
    # EKS
    row("eks", "container-role", at=[POD], files=TOKEN, env=pod(POD)),
    row("eks, v6", "container-role", at=[POD_V6], files=TOKEN, env=pod(f"[{POD_V6}]")),
    row("eks, v6 in capitals", "container-role", at=[POD_V6], files=TOKEN, env=pod("[FD00:EC2::23]")),
    row("eks, v6 with the port", "container-role", at=[POD_V6], files=TOKEN, env=pod(f"[{POD_V6}]:80")),
    row("eks, v6 past a proxy", "container-role", at=[POD_V6], files=TOKEN, env=pod(f"[{POD_V6}]", **DEAD_PROXY)),
    row("eks, v6, the neighbour", None, at=[], files=TOKEN, env=pod("[fd00:ec2::24]")),
    row("eks, token with a line break", None, at=[], files={"token": "CANARY\n"}, env=pod(POD)),
    row("eks, no token file", None, at=[], env=pod(POD)),
    row("eks, file before the variable", "container-role", at=[POD], files=TOKEN, env=pod(POD, AWS_CONTAINER_AUTHORIZATION_TOKEN="CANARY-other")),
    row("eks, the instance's address", None, at=[], files=TOKEN, env=pod(INSTANCE)),
    # EC2
    row("instance", "iam-role", at=[INSTANCE], env=IMDS),
    row("instance, version 2 alone", "iam-role", at=[INSTANCE], instance="imds-v2", env=IMDS),
    row("instance, version 2 alone, 1 off", "iam-role", at=[INSTANCE], instance="imds-v2", env={**IMDS, **OFF}),
    row("instance, no token: 404", "iam-role", at=[INSTANCE], instance="imds-v1", env=IMDS),
    row("instance, no token: 403", "iam-role", at=[INSTANCE], instance="imds-forbidden", env=IMDS),
    row("instance, no token: 405", "iam-role", at=[INSTANCE], instance="imds-no-put", env=IMDS),
    row("instance, no token: 500", "iam-role", at=[INSTANCE], instance="imds-trouble", env=IMDS),
    row("instance, no token: 400", None, at=[INSTANCE], instance="imds-bad", env=IMDS),
    row("instance, 1 off, no token: 403", None, at=[INSTANCE], instance="imds-forbidden", env={**IMDS, **OFF}),
    row("instance, 1 off, no token: 500", None, at=[INSTANCE], instance="imds-trouble", env={**IMDS, **OFF}),
    row("instance, 1 off in the profile", None, at=[INSTANCE], instance="imds-v1", env=IMDS, config="[default]\nec2_metadata_v1_disabled = true\n"),
    row("instance a hop too far", "iam-role", at=[INSTANCE], instance="imds-far", env=IMDS),
    row("instance a hop too far, two attempts", "iam-role", at=[INSTANCE], instance="imds-far", env={**IMDS, "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "2"}),
    row("instance a hop too far, 1 off", None, at=[INSTANCE], instance="imds-far", env={**IMDS, **OFF}),
    row("instance a hop too far, version 2 alone", None, at=[INSTANCE], instance="imds-v2-far", env=IMDS),
    row("instance without a role", None, at=[INSTANCE], instance="imds-norole", env=IMDS),
    row("instance, version 4 by name", "iam-role", at=[INSTANCE], env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv4", AWS_IMDS_USE_IPV6="true")),
    row("instance switched off", None, at=[], env=ec2(AWS_EC2_METADATA_DISABLED="true", AWS_IMDS_USE_IPV6="true")),
    row("instance, role of a profile", "assume-role", at=[INSTANCE], env=IMDS, config="[default]\n" + ROLE + "credential_source = Ec2InstanceMetadata\n"),
    row("instance, v6 by the mode", "iam-role", at=[INSTANCE_V6], env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv6")),
    row("instance, v6 by the switch", "iam-role", at=[INSTANCE_V6], env=ec2(AWS_IMDS_USE_IPV6="true")),
    row("instance, v6 by the switch in capitals", "iam-role", at=[INSTANCE_V6], env=ec2(AWS_IMDS_USE_IPV6="TRUE")),
    row("instance, v6 switch that is no", "iam-role", at=[INSTANCE], env=ec2(AWS_IMDS_USE_IPV6="1")),
    row("instance, v6 by the profile's mode", "iam-role", at=[INSTANCE_V6], env=IMDS, config="[default]\nec2_metadata_service_endpoint_mode = IPv6\n"),
    row("instance, v6 by the profile's switch", "iam-role", at=[INSTANCE_V6], env=IMDS, config="[default]\nimds_use_ipv6 = true\n"),
    row("instance, v6, the variable's mode first", "iam-role", at=[INSTANCE], env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv4"), config="[default]\nec2_metadata_service_endpoint_mode = ipv6\n"),
    row("instance, v6, version 2 alone", "iam-role", at=[INSTANCE_V6], instance="imds-v2", env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv6")),
    row("instance, v6, no token: 403", "iam-role", at=[INSTANCE_V6], instance="imds-forbidden", env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv6")),
    row("instance, v6 a hop too far", "iam-role", at=[INSTANCE_V6], instance="imds-far", env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv6")),
    row("instance, v6 as an endpoint", "iam-role", at=[INSTANCE_V6], env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT=f"http://[{INSTANCE_V6}]")),
    row("instance, v6 as the profile's endpoint", "iam-role", at=[INSTANCE_V6], env=IMDS, config=f"[default]\nec2_metadata_service_endpoint = http://[{INSTANCE_V6}]:80/\n"),
    row("instance, an endpoint before the mode", "iam-role", at=[INSTANCE], env=ec2(AWS_EC2_METADATA_SERVICE_ENDPOINT=f"http://{INSTANCE}/", AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv6")),
    row("instance, past a proxy by NO_PROXY", "iam-role", at=[INSTANCE], env={**IMDS, **DEAD_PROXY, "NO_PROXY": f"127.0.0.1,{INSTANCE}"}),
    row("instance, past a proxy", None, at=[INSTANCE], env={**IMDS, **DEAD_PROXY}, fifoq="iam-role", why="botocore lets the proxy see the instance's keys, or has those of the proxy's own instance"),
]  # fmt: skip
