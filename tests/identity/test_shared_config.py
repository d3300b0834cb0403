"""AWS's shared files: fifoq's reader compared with botocore's own, on hand-written oddities and on
generated texts."""

import json
import os
import pathlib
import random
import subprocess

import botocore.session
import pytest
from botocore.exceptions import ConfigParseError

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = pathlib.Path(
    os.environ.get("FIFOQ_SHARED_CONFIG_PROBE") or ROOT / "build" / "check" / "tests" / "shared_config_probe"
)
SEEDS = range(150)

ODD = [
    "",
    "[default]\nregion = x\n[profile default]\nregion = y\n",
    "[profile default]\nregion = y\n[default]\nregion = x\n",
    "[profile a]\nregion=1\n[profile 'a']\nregion=2\n",
    "[profile a b]\nregion=1\n[profile]\nregion=2\n[profilex c]\nregion = 3\n[ profile d]\nregion=4\n",
    '[profile "open]\nregion=1\n[profile a\\ b]\nregion=2\n',
    "[DEFAULT]\nregion = d\ns3 =\n  a = b\n[profile a]\noutput = x\n",
    "[default] ; remark ] more\nregion = x # kept ; too\n",
    "[default]\nregion = a\n  b\n\n\n  c\n\nnext = 1\n",
    "[default]\n  region = a\n  next = 2\nlast = 3\n",
    "[default]\n  region = a\n [profile b]\n  region = c\n    [profile d]\n",
    "[default]\ns3 =\n  a = b\n  c=d = e\n  A = f\n  a = g\n",
    "[default]\ns3 =\n  a\n",
    "[default]\ns3 =\n\nregion = x\n",
    "[default]\nregion : x=y\nother=a:b\n",
    "[default]\nREGION = x\nregion = y\n",
    "[default]\n[default]\n",
    "[default]\nregion\n",
    "[default]\n= x\n",
    "region = x\n[default]\n",
    "# only\n; remarks\n",
    "[default]\r\nregion = x\r\n\r\n[profile a]\r\nregion = y\r",
    "[default]\n\u00a0region = x\u3000\n\u2003other = y\u2028z\n",
    "[default]\nregion =\u00a0x\n\u00a0\u00a0y\n",
    "[services s]\ndynamodb =\n  endpoint_url = http://a\u2028b = c\n\x0b  sqs = d\n",
    "[sso-session s]\nsso_region = a\n[sso-session 's']\nsso_start_url = b\n",
    "[]\nregion = x\n",
    "[a]b]\nregion = x\n",
    "[default]\nregion = x\n\tmore\n\t\tand more\n  # remark\n  after\n",
]
HEADS = ["[default]", "[profile default]", "[profile a]", "[profile 'a b']", '[profile "a"]', "[sso-session s]",
         "[services s]", "[DEFAULT]", "[other]", "[a]", "[profile a", "[profile a] # x", "  [profile c]"]
LINES = ["region = x", "Region: y", "  deeper = 1", "    deepest = 2", "s3 =", "dynamodb =", "  endpoint_url = http://h",
         "  # remark", "; remark", "", "   ", "\tregion = tab", "key = v # not a remark", "aws_access_key_id=K",
         "aws_secret_access_key = s/+=", "output =", "sso_region = r", "odd", "x = \u00e9", "=", "a=b=c", "y : z = w"]


def generated(seed):
    dice = random.Random(seed)
    text = [dice.choice(HEADS[:7])]
    for _ in range(dice.randrange(1, 9)):
        text.append(dice.choice(HEADS) if dice.random() < 0.25 else dice.choice(LINES))
    return dice.choice(["\n", "\n", "\r\n"]).join(text) + dice.choice(["", "\n"])


@pytest.fixture(scope="module")
def probe():
    with subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        yield lambda ask: (p.stdin.write(json.dumps(ask) + "\n"), p.stdin.flush(), json.loads(p.stdout.readline()))[2]
        p.stdin.close()
        assert p.wait() == 0


def full_config(folder, monkeypatch, config, credentials):
    """botocore's result for both texts; None if it refuses them."""
    for name, variable, text in (("config", "AWS_CONFIG_FILE", config),
                                 ("credentials", "AWS_SHARED_CREDENTIALS_FILE", credentials)):
        (folder / name).write_bytes(text.encode())
        monkeypatch.setenv(variable, str(folder / name))
    try:
        return botocore.session.Session().full_config
    except ConfigParseError:
        return None


def questions(full):
    """All that botocore knows, and some things it does not, as (question, its answer)."""
    flat = lambda v: v if isinstance(v, str) and v else None
    for name, values in full["profiles"].items():
        yield ["has", name], True
        for key, value in values.items():
            yield ["get", name, key], flat(value)
            yield ["says", name, key], True
        yield ["says", name, "absent"], False
    for name in ("default", "a", "b", "c", "d", "a b", "other", "profile a", ""):
        yield ["has", name], name in full["profiles"]
        yield ["get", name, "region"], flat(full["profiles"].get(name, {}).get("region"))
    for kind, where in (("sso-session", "sso_sessions"), ("services", "services")):
        for name, values in full.get(where, {}).items():
            for key, value in values.items():
                yield ["section", kind, name, key], flat(value)
                for inner, text in value.items() if isinstance(value, dict) and kind == "services" else ():
                    yield ["service", name, key, inner], flat(text)


CASES = [(text, "") for text in ODD] + [("", text) for text in ODD]
CASES += [(generated(2 * seed), generated(2 * seed + 1)) for seed in SEEDS]


@pytest.mark.parametrize("config, credentials", CASES, ids=range(len(CASES)))
def test_both_read_the_same(tmp_path, monkeypatch, probe, config, credentials):
    full = full_config(tmp_path, monkeypatch, config, credentials)
    asked = list(questions(full)) if full else []
    given = probe({"config": config, "credentials": credentials, "ask": [q for q, _ in asked]})
    if full is None:
        assert isinstance(given, str) and "line " in given
        return
    assert isinstance(given, list), given
    for (question, wanted), have in zip(asked, given, strict=True):
        assert have == wanted, question


def test_the_generated_texts_are_of_both_sorts(tmp_path, monkeypatch):
    read = [full_config(tmp_path, monkeypatch, c, k) is not None for c, k in CASES]
    assert sum(read) > 40 and read.count(False) > 40
