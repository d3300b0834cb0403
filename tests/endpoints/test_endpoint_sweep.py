"""Every region that botocore knows, and some unknown ones, in all variants: fifoq's endpoints,
signing regions and names are botocore's.

fifoq is called through a small program (FIFOQ_ENDPOINT_PROBE, else
build/check/tests/endpoint_probe).
"""

import json
import os
import subprocess

import botocore.session
import pytest
from endpoints.probe import PROBE
from endpoints.witness import CALLS, ask, variant

VARIANTS = [(False, False), (True, False), (False, True), (True, True)]
LOADER = botocore.session.Session().get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")["partitions"]
KNOWN = {
    *(region for partition in PARTITIONS for region in partition["regions"]),
    *(r for p in LOADER.load_data("endpoints")["partitions"] for r in p["regions"]),
}
WHOLE = {region for region in KNOWN if region.endswith("-global")}
UNKNOWN = {
    "eu-new-1", "us-north-22", "mars-north-1", "cn-south-1", "us-gov-north-1", "us-iso-north-1",
    "us-isob-north-1", "eu-isoe-north-1", "us-isof-north-1", "eusc-de-west-1", "eusc-fr-west-1",
    "us-gov-west", "eu-west-1a",
}  # fmt: skip
REGIONS = sorted((KNOWN - WHOLE) | UNKNOWN)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def new_session():
    session = botocore.session.Session()
    session.register_component("data_loader", LOADER)
    session.set_credentials("AKID", "SECRET")
    return session


def fifoq(questions):
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(PROBE)], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def differences(service, questions, answers, session):
    for question, answer in zip(questions, answers, strict=True):
        want = ask(
            session, service, region_name=question["region"],
            config=variant(question["fips"], question["dual_stack"]),
        )  # fmt: skip
        got = answer["endpoints"][service]
        if "error" in want:
            assert "VariantError" in want["error"], want
            same = "no dual-stack endpoints" in got.get("error", "")
        else:
            same = got == want
        if not same:
            yield f"{service} {question}: {got}, and botocore says {want}"


def expect_none(found):
    found = list(found)
    if found:
        pytest.fail("\n".join([f"{len(found)} differences", *found[:8]]))


def questions(**more):
    return [
        {"region": region, "fips": fips, "dual_stack": dual, **more}
        for region in REGIONS
        for fips, dual in VARIANTS
    ]


@pytest.mark.parametrize("service", CALLS)
def test_endpoints_are_botocores(service):
    asked = questions()
    assert len(asked) > 200
    expect_none(differences(service, asked, fifoq(asked), new_session()))


def test_sts_as_it_was_is_botocores():
    asked = questions(sts_legacy=True)
    session = new_session()
    session.set_config_variable("sts_regional_endpoints", "legacy")
    answers = fifoq(asked)
    expect_none(differences("STS", asked, answers, session))
    old = [each["endpoints"]["STS"].get("url") == "https://sts.amazonaws.com" for each in answers]
    assert sum(old) > 10, "no region is a legacy one"


def test_partitions_are_botocores():
    resolver = new_session().get_component("endpoint_resolver")
    by_region = {region: p["id"] for p in PARTITIONS for region in p["regions"]}
    answers = fifoq([{"region": region} for region in REGIONS])
    got = {region: each["partition"] for region, each in zip(REGIONS, answers, strict=True)}
    for region in KNOWN - WHOLE:
        assert got[region] == by_region.get(region, "aws"), region
    for region in UNKNOWN:
        try:
            want = resolver.get_partition_for_region(region)
        except botocore.exceptions.UnknownRegionError:
            want = "aws"
        assert got[region] == want, region


def test_a_whole_partition_is_no_region():
    assert WHOLE
    for answer in fifoq([{"region": region} for region in sorted(WHOLE)]):
        assert "means a whole partition" in answer["error"]
