"""A user's environment: HOME with its files, the variables, a fake AWS; botocore and fifoq run in
it, each in its own process."""

import hashlib
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from support import Fifoq

from fakes.identity import CANARY
from fakes.signature import Key, problems, read_authorization

WITNESS = """
import json, sys
import botocore.session
try:
    session = botocore.session.Session(profile=sys.argv[1] if sys.argv[1:] else None)
    found = session.get_credentials()
    frozen = found.get_frozen_credentials()
    client = session.create_client("sts").meta
    print(json.dumps({
        "provider": found.method, "keys": [frozen.access_key, frozen.secret_key, frozen.token],
        "region": client.region_name, "endpoint": client.endpoint_url,
    }))
except Exception as e:
    print(json.dumps({"provider": None, "why": f"{type(e).__name__}: {e}"}))
"""


class World:
    """One environment: HOME with its files, the variables, the fakes. inside: a prefix command that
    runs another where the fakes can be reached; not needed on this machine's own network."""

    def __init__(self, folder, fake, pem, inside=()):
        self.folder, self.fake, self.pem, self.inside = folder, fake, pem, list(inside)
        self.fifoq = Fifoq(folder, fake.url)
        self.home = self.fifoq.home
        self.fifoq.config({"region": "eu-west-1"})
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del self.fifoq.env[name]
        self.fifoq.env["AWS_DEFAULT_REGION"] = "eu-west-1"
        self.profile = []

    def fill(self, text):
        now = datetime.now(timezone.utc)
        times = {"IN_1H": 60, "AGO_1H": -60, "IN_5MIN": 5}
        known = {"URL": self.fake.url, "HOME": str(self.home), "PYTHON": sys.executable, "PEM": self.pem}
        known |= {name: (now + timedelta(minutes=m)).strftime("%Y-%m-%dT%H:%M:%SZ") for name, m in times.items()}
        known["IN_1H_UTC"] = known["IN_1H"].replace("Z", "UTC")
        known["IN_1H_OFFSET"] = (now + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S.5+02:00")
        for name in ("corp", "https://corp.example/start"):
            known[f"SSO:{name}"] = hashlib.sha1(name.encode()).hexdigest()
        login = "arn:aws:iam::123456789012:user/u"
        known[f"LOGIN:{login}"] = hashlib.sha256(login.encode()).hexdigest()
        for name, value in known.items():
            text = text.replace("{%s}" % name, value)
        return text

    def file(self, name, text):
        path = self.home / self.fill(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.fill(text))
        return path

    def be(self, env=None, config=None, credentials=None, files=None, profile=None, links=None, **_):
        self.fifoq.env |= {name: self.fill(value) for name, value in (env or {}).items()}
        known = {".aws/config": config, ".aws/credentials": credentials, **(files or {})}
        self.written = {name: text for name, text in known.items() if text is not None}
        self.profile = [profile] if profile else []
        for name, target in (links or {}).items():
            (self.home / name).symlink_to(target)
        return self.again()

    def again(self):
        """The files as they were at the beginning."""
        for name, text in self.written.items():
            self.file(name, text)
        return self

    def witness(self):
        out = subprocess.run(
            [*self.inside, sys.executable, "-c", WITNESS, *self.profile], env=self.fifoq.environment({}), check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        return json.loads(out.stdout)

    def run(self, *args, env=None):
        self.fake.requests.clear()
        profile = ["--profile", *self.profile] if self.profile else []
        result = self.fifoq.run("whoami", "--format", "json", *profile, *args, env=env, command=self.inside)
        assert CANARY not in result.text, result.text
        return result

    def asked_as(self, witness):
        """fifoq's last own request was sent where botocore's was, for its region, signed by its
        keys."""
        calls = self.fake.calls("GetCallerIdentity")
        assert calls, self.fake.actions()
        key_id, secret, session = witness["keys"]
        assert problems(calls[-1], {key_id: Key(secret, session)}) == []
        assert calls[-1].headers.get("Host") == urlsplit(witness["endpoint"]).netloc
        assert read_authorization(calls[-1].headers).scope.region == witness["region"]
