"""Where credentials may come from: one row, one situation, and which provider has them (by botocore's
name; None: both programs refuse). {URL}, {HOME}, {PYTHON}, {IN_1H}, {AGO_1H}, {SSO:name}, {LOGIN:name}
and {PEM} are filled in; files stand below HOME. tests/e2e/test_credentials.py asks botocore and fifoq.
"""

KEYS = "aws_access_key_id = AKIDFILE\naws_secret_access_key = CANARY/file\n"
ENV = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "CANARY/env"}
ROLE = "role_arn = arn:aws:iam::123456789012:role/r\n"
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "{HOME}/jwt", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/web"}
JWT = {"jwt": "CANARY.web.identity"}
SESSION = "[sso-session corp]\nsso_region = eu-north-1\nsso_start_url = https://corp.example/start\n"
SSO = "sso_account_id = 123456789012\nsso_role_name = dev\n"
SSO_NEW = "[default]\nsso_session = corp\n" + SSO + SESSION
SSO_OLD = "[default]\nsso_region = eu-north-1\nsso_start_url = https://corp.example/start\n" + SSO
REGISTERED = (
    '"clientId": "client", "clientSecret": "CANARY-client", "registrationExpiresAt": "{IN_1H}", '
    '"refreshToken": "%s", '
)
LOGIN = "[default]\nlogin_session = arn:aws:iam::123456789012:user/u\n"
LOGIN_FILE = ".aws/login/cache/{LOGIN:arn:aws:iam::123456789012:user/u}.json"
LOGIN_CACHE = (
    '{"accessToken": {"accessKeyId": "AKIDLOGIN", "secretAccessKey": "CANARY/login", "sessionToken": '
    '"CANARY/login-token", "accountId": "123456789012", "expiresAt": "%s"}, "tokenType": "aws_sigv4", '
    '"refreshToken": "%s", "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": "{PEM}"}'
)
IMDS = {"AWS_EC2_METADATA_DISABLED": "false"}


def imds(kind, **more):
    return {**IMDS, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "{URL}/" + kind, **more}


def token(expires, extra="", value="CANARY-sso-token"):
    return '{%s"accessToken": "%s", "expiresAt": "%s", "region": "eu-north-1"}' % (extra, value, expires)


def process(answer, profile="default"):
    """A profile whose program prints this."""
    return {
        "config": f"[{profile}]\ncredential_process = {{PYTHON}} '{{HOME}}/a process.py' \"two words\"\n",
        "files": {"a process.py": f"import sys\nassert sys.argv[1:] == ['two words']\n{answer}\n"},
    }


def printing(json_text):
    return process(f"print('''{json_text}''')")


def row(name, provider, **how):
    return {"name": name, "provider": provider, **how}


ROWS = [
    # files that are none, or not ours to read
    row("env, home is no folder", "env", env={**ENV, "HOME": "/dev/null"}),
    row("env, config in a file's place", "env", env={**ENV, "AWS_CONFIG_FILE": "/dev/null/config", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}),
    row("keys, config is a folder", "shared-credentials-file", env={"AWS_CONFIG_FILE": "{HOME}"}, credentials="[default]\n" + KEYS),
    row("keys, config is a loop", "shared-credentials-file", env={"AWS_CONFIG_FILE": "{HOME}/loop"}, credentials="[default]\n" + KEYS, links={"loop": "loop"}),
    row("named, config is no file", None, env={"AWS_CONFIG_FILE": "/dev/null/config", "AWS_PROFILE": "p"}),
    # the environment
    row("env", "env", env=ENV),
    row("env with a token", "env", env={**ENV, "AWS_SESSION_TOKEN": "CANARY-t"}),
    row("env with the old token", "env", env={**ENV, "AWS_SESSION_TOKEN": "CANARY-t", "AWS_SECURITY_TOKEN": "CANARY-o"}),
    row("env with an empty token", "env", env={**ENV, "AWS_SESSION_TOKEN": ""}),
    row("env without the secret", None, env={"AWS_ACCESS_KEY_ID": "AKIDENV"}, credentials="[default]\n" + KEYS),
    row("env with the secret alone", "shared-credentials-file", env={"AWS_SECRET_ACCESS_KEY": "CANARY"}, credentials="[default]\n" + KEYS),
    row("env that lasts", "env", env={**ENV, "AWS_CREDENTIAL_EXPIRATION": "{IN_1H}"}),
    row("env that has ended", None, env={**ENV, "AWS_CREDENTIAL_EXPIRATION": "{AGO_1H}"}),
    row("env with a bent time", None, env={**ENV, "AWS_CREDENTIAL_EXPIRATION": "soon"}),
    row("env before the files", "env", env=ENV, credentials="[default]\n" + KEYS),
    row("env before AWS_PROFILE", "env", env={**ENV, "AWS_PROFILE": "p"}, credentials="[p]\n" + KEYS),
    row("--profile before env", "shared-credentials-file", env=ENV, profile="p", credentials="[p]\n" + KEYS),
    row("--profile before env, nothing there", None, env=ENV, profile="p", config="[profile p]\nregion = eu-west-1\n"),
    row("AWS_PROFILE that is not there", None, env={**ENV, "AWS_PROFILE": "nobody"}),
    row("nothing at all", None),
    # the two files
    row("credentials file", "shared-credentials-file", credentials="[default]\n" + KEYS),
    row("credentials file, both tokens", "shared-credentials-file", credentials="[default]\n" + KEYS + "aws_session_token = CANARY-s\naws_security_token = CANARY-o\n"),
    row("credentials file elsewhere", "shared-credentials-file", env={"AWS_SHARED_CREDENTIALS_FILE": "~/mine"}, files={"mine": "[default]\n" + KEYS}),
    row("credentials file, AWS_PROFILE", "shared-credentials-file", env={"AWS_PROFILE": "p"}, credentials="[p]\n" + KEYS),
    row("credentials file, AWS_DEFAULT_PROFILE first", "shared-credentials-file", env={"AWS_PROFILE": "q", "AWS_DEFAULT_PROFILE": "p"}, credentials="[p]\n" + KEYS),
    row("half a key in the credentials file", None, credentials="[default]\naws_access_key_id = AKID\n", config="[default]\n" + KEYS),
    row("the secret alone in the credentials file", "config-file", credentials="[default]\naws_secret_access_key = CANARY\n", config="[default]\n" + KEYS),
    row("config file", "config-file", config="[default]\n" + KEYS + "aws_session_token = CANARY-s\n"),
    row("config file, profile", "config-file", profile="p q", config='[profile "p q"]\n' + KEYS),
    row("config file without the word", None, profile="p", config="[p]\n" + KEYS),
    row("half a key in the config file", None, config="[default]\naws_access_key_id = AKID\n"),
    row("credentials file before config file", "shared-credentials-file", credentials="[default]\n" + KEYS, config="[default]\naws_access_key_id = OTHER\naws_secret_access_key = CANARY\n"),
    row("a broken config file", None, env=ENV, config="[default]\nnonsense\n"),
    row("a broken credentials file", None, env=ENV, credentials="[a]\n[a]\n"),
    # roles
    row("role", "assume-role", config="[default]\n" + ROLE + "source_profile = s\n", credentials="[s]\n" + KEYS),
    row("role with all that it may have", "assume-role", credentials="[s]\n" + KEYS, config="[default]\n" + ROLE + "source_profile = s\nexternal_id = ext\nduration_seconds = 1200\nrole_session_name = mine\n"),
    row("role whose duration is no number", "assume-role", credentials="[s]\n" + KEYS, config="[default]\n" + ROLE + "source_profile = s\nduration_seconds = long\n"),
    row("role, its own source", "assume-role", credentials="[default]\n" + KEYS, config="[default]\n" + ROLE + "source_profile = default\n"),
    row("role, its own source without keys", None, config="[default]\n" + ROLE + "source_profile = default\n"),
    row("role without a source", None, config="[default]\n" + ROLE, credentials="[default]\n" + KEYS),
    row("role with two sources", None, config="[default]\n" + ROLE + "source_profile = s\ncredential_source = Environment\n", credentials="[s]\n" + KEYS, profile="default", env=ENV),
    row("role, source not there", None, config="[default]\n" + ROLE + "source_profile = s\n"),
    row("role, source without credentials", None, config="[default]\n" + ROLE + "source_profile = s\n[profile s]\nregion = x\n"),
    row("role of a role", "assume-role", config="[default]\n" + ROLE + "source_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/first\nexternal_id = abc\nsource_profile = c\n", credentials="[c]\n" + KEYS),
    row("roles in a circle", None, config="[default]\n" + ROLE + "source_profile = b\n[profile b]\n" + ROLE + "source_profile = default\n"),
    row("roles in a circle below", None, config="[default]\n" + ROLE + "source_profile = b\n[profile b]\n" + ROLE + "source_profile = c\n[profile c]\n" + ROLE + "source_profile = b\n"),
    row("role, keys of a source with a role", "assume-role", config="[default]\n" + ROLE + "source_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/unused\nsource_profile = nobody\n", credentials="[b]\n" + KEYS),
    row("role from Environment", "assume-role", profile="default", env=ENV, config="[default]\n" + ROLE + "credential_source = Environment\n"),
    row("role from Environment, empty", None, config="[default]\n" + ROLE + "credential_source = Environment\n"),
    row("role from EcsContainer", "assume-role", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container"}, config="[default]\n" + ROLE + "credential_source = EcsContainer\n"),
    row("role from Ec2InstanceMetadata", "assume-role", env=imds("imds"), config="[default]\n" + ROLE + "credential_source = Ec2InstanceMetadata\n"),
    row("role from an unknown source", None, config="[default]\n" + ROLE + "credential_source = environment\n"),
    row("role that is denied", None, config="[default]\nrole_arn = arn:aws:iam::1:role/denied\nsource_profile = s\n", credentials="[s]\n" + KEYS),
    row("role before keys", "assume-role", config="[default]\n" + ROLE + "source_profile = s\n", credentials="[s]\n" + KEYS + "[default]\n" + KEYS),
    row("role from a process", "assume-role", files={"p.py": "print('{\"Version\": 1, \"AccessKeyId\": \"AKIDP\", \"SecretAccessKey\": \"CANARY\"}')"}, config="[default]\n" + ROLE + "source_profile = p\n[profile p]\ncredential_process = {PYTHON} {HOME}/p.py\n"),
    row("role from web identity", "assume-role", files=JWT, config="[default]\n" + ROLE + "source_profile = w\n[profile w]\nweb_identity_token_file = {HOME}/jwt\nrole_arn = arn:aws:iam::1:role/w\n"),
    row("role from SSO", "assume-role", files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H}")}, config="[default]\n" + ROLE + "source_profile = s\n[profile s]\nsso_session = corp\n" + SSO + SESSION),
    row("role with MFA, nobody there", None, config="[default]\n" + ROLE + "source_profile = s\nmfa_serial = arn:aws:iam::1:mfa/u\n", credentials="[s]\n" + KEYS),
    # web identity
    row("web identity", "assume-role-with-web-identity", env=WEB, files=JWT),
    row("web identity with a name", "assume-role-with-web-identity", env={**WEB, "AWS_ROLE_SESSION_NAME": "build"}, files=JWT),
    row("web identity without a role", None, env={"AWS_WEB_IDENTITY_TOKEN_FILE": "{HOME}/jwt"}, files=JWT),
    row("web identity without the file", None, env=WEB),
    row("web identity that is denied", None, env={**WEB, "AWS_ROLE_ARN": "arn:aws:iam::1:role/denied"}, files=JWT),
    row("web identity of a profile", "assume-role-with-web-identity", profile="w", files=JWT, config="[profile w]\nweb_identity_token_file = {HOME}/jwt\nrole_arn = arn:aws:iam::1:role/w\nrole_session_name = build\n"),
    row("web identity, role of the profile", "assume-role-with-web-identity", env={"AWS_WEB_IDENTITY_TOKEN_FILE": "{HOME}/jwt"}, files=JWT, config="[default]\nrole_arn = arn:aws:iam::1:role/p\nweb_identity_token_file = unused\n"),
    row("web identity, --profile counts alone", None, profile="p", env=WEB, files=JWT, config="[profile p]\nregion = x\n"),
    row("web identity before the files", "assume-role-with-web-identity", env=WEB, files=JWT, credentials="[default]\n" + KEYS),
    row("web identity, empty variable", "shared-credentials-file", env={"AWS_WEB_IDENTITY_TOKEN_FILE": ""}, credentials="[default]\n" + KEYS),
    # SSO
    row("sso", "sso", config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H}")}),
    row("sso, time as botocore writes it", "sso", config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H_UTC}")}),
    row("sso, refreshed", "sso", config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": token("{AGO_1H}", REGISTERED % "CANARY-refresh")}),
    row("sso, refresh refused, ended", None, config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": token("{AGO_1H}", REGISTERED % "refused")}),
    row("sso, refresh refused, lasts", "sso", config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": token("{IN_5MIN}", REGISTERED % "refused")}),
    row("sso, ended without refresh", None, config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": token("{AGO_1H}")}),
    row("sso, not logged in", None, config=SSO_NEW),
    row("sso, unauthorized", None, config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H}", value="CANARY-unauthorized")}),
    row("sso, no such session", None, config="[default]\nsso_session = corp\n" + SSO),
    row("sso, session says otherwise", None, config=SSO_NEW.replace("[sso-session", "sso_region = us-east-1\n[sso-session"), files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H}")}),
    row("sso, no role", None, config=SSO_NEW.replace("sso_role_name = dev\n", ""), files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H}")}),
    row("sso, role of the session", "sso", config=SSO_NEW.replace("sso_role_name = dev\n", "") + "sso_role_name = dev\n", files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H}")}),
    row("sso of old", "sso", config=SSO_OLD, files={".aws/sso/cache/{SSO:https://corp.example/start}.json": token("{IN_1H}")}),
    row("sso of old, ended", None, config=SSO_OLD, files={".aws/sso/cache/{SSO:https://corp.example/start}.json": token("{AGO_1H}", REGISTERED % "CANARY-refresh")}),
    row("sso, bent cache", None, config=SSO_NEW, files={".aws/sso/cache/{SSO:corp}.json": "{"}),
    row("sso before keys", "sso", config=SSO_NEW, credentials="[default]\n" + KEYS, files={".aws/sso/cache/{SSO:corp}.json": token("{IN_1H}")}),
    # login
    row("login", "login", config=LOGIN, files={LOGIN_FILE: LOGIN_CACHE % ("{IN_1H}", "CANARY-refresh")}),
    row("login, refreshed", "login", config=LOGIN, files={LOGIN_FILE: LOGIN_CACHE % ("{AGO_1H}", "CANARY-refresh")}),
    row("login, elsewhere", "login", config=LOGIN, env={"AWS_LOGIN_CACHE_DIRECTORY": "~/there"}, files={LOGIN_FILE.replace(".aws/login/cache", "there"): LOGIN_CACHE % ("{IN_1H}", "r")}),
    row("login, refused", None, config=LOGIN, files={LOGIN_FILE: LOGIN_CACHE % ("{AGO_1H}", "refused")}),
    row("login, not there", None, config=LOGIN),
    row("login, incomplete", None, config=LOGIN, files={LOGIN_FILE: LOGIN_CACHE.replace('"clientId"', '"client"') % ("{IN_1H}", "r")}),
    # a program
    row("process", "custom-process", **printing('{"Version": 1, "AccessKeyId": "AKIDP", "SecretAccessKey": "CANARY/p"}')),
    row("process with a token and an end", "custom-process", **printing('{"Version": 1, "AccessKeyId": "AKIDP", "SecretAccessKey": "CANARY/p", "SessionToken": "CANARY/t", "Expiration": "{IN_1H_OFFSET}"}')),
    row("process, ended", None, **printing('{"Version": 1, "AccessKeyId": "AKIDP", "SecretAccessKey": "CANARY/p", "Expiration": "{AGO_1H}"}')),
    row("process, another version", None, **printing('{"Version": 2, "AccessKeyId": "AKIDP", "SecretAccessKey": "CANARY/p"}')),
    row("process, no version", None, **printing('{"AccessKeyId": "AKIDP", "SecretAccessKey": "CANARY/p"}')),
    row("process, no secret", None, **printing('{"Version": 1, "AccessKeyId": "AKIDP"}')),
    row("process, no JSON", None, **printing("AKIDP CANARY/p")),
    row("process that fails", None, **process("sys.exit('token of the wallet has ended')")),
    row("process that is not there", None, config="[default]\ncredential_process = /nowhere/at-all x\n"),
    row("process, open quote", None, config="[default]\ncredential_process = 'open\n"),
    row("keys before a process", "shared-credentials-file", credentials="[default]\n" + KEYS, **printing("{}")),
    # a container
    row("container", "container-role", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container"}),
    row("container with a token", "container-role", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "CANARY-c"}),
    row("container, token in a file", "container-role", files={"t": "CANARY-f"}, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{HOME}/t", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "CANARY-c"}),
    row("container, token with a line break", None, files={"t": "CANARY-f\n"}, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{HOME}/t"}),
    row("container, token file not there", None, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{HOME}/t"}),
    row("container, foreign host", None, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/container"}),
    row("container, hidden host", None, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost@192.0.2.1/container"}),
    row("container, half an answer", None, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container/partial"}),
    row("container, no JSON", None, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container/html"}),
    row("container, an error", None, env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/nothing"}),
    row("container before the instance", "container-role", env={**imds("imds"), "AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container"}),
    # an instance
    row("instance", "iam-role", env=imds("imds")),
    row("instance, no proxy", "iam-role", env=imds("imds", HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="127.0.0.1")),
    row("instance, endpoint of the profile", "iam-role", env=IMDS, config="[default]\nec2_metadata_service_endpoint = {URL}/imds/\n"),
    row("instance, version 1", "iam-role", env=imds("imds-v1")),
    row("instance, version 1, forbidden token", "iam-role", env=imds("imds-forbidden")),
    row("instance, version 1 switched off", None, env=imds("imds-v1", AWS_EC2_METADATA_V1_DISABLED="true")),
    row("instance, version 1 off in the profile", None, env=imds("imds-v1"), config="[default]\nec2_metadata_v1_disabled = true\n"),
    row("instance, bad request", None, env=imds("imds-bad")),
    row("instance without a role", None, env=imds("imds-norole")),
    row("instance, an error", None, env=imds("imds-error")),
    row("instance, no JSON", None, env=imds("imds-html")),
    row("instance switched off", None, env=imds("imds", AWS_EC2_METADATA_DISABLED="TRUE")),
    row("instance that is none", None, env={**IMDS, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}),
    row("instance, odd mode", None, env=imds("imds", AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv5")),
]  # fmt: skip
