"""`fifoq package -o FILE`: the same bytes everywhere, small, executable, without a secret."""

import hashlib
import io
import json
import os
import stat
import struct
import zipfile

import pytest
from support import FIFOQ, TOKEN

from fakes import SECRET

MACHINES = {"arm64": 183, "x86_64": 62}
PT_INTERP, PT_DYNAMIC = 3, 2
LIMIT = 2_500_000


def package(fifoq, name="code.zip", *args, **how):
    fifoq.good("package", "-o", fifoq.folder / name, *args, **how)
    return (fifoq.folder / name).read_bytes()


def program_headers(elf):
    """(machine, types of the program headers) of a 64-bit little-endian executable."""
    assert elf[:6] == b"\x7fELF\x02\x01"
    (machine,) = struct.unpack_from("<H", elf, 18)
    (offset,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    return machine, [struct.unpack_from("<I", elf, offset + i * size)[0] for i in range(count)]


def test_the_same_bytes_everywhere(fifoq, proxy, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = package(fifoq, "1.zip")
    assert package(fifoq, "2.zip") == first
    assert package(fifoq, "3.zip", env={"TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8"}) == first
    assert package(fifoq, "4.zip", umask=0o077) == first
    config = fifoq.folder / "fifoq.yaml"
    assert package(fifoq, "5.zip", "-f", config, cwd=elsewhere) == first
    assert proxy.calls() == []


def test_no_credentials_and_no_region_are_needed(fifoq):
    nothing = {name: None for name in fifoq.env if name.startswith("AWS_")}
    assert package(fifoq, env={**nothing, "CRM_TOKEN": None})


@pytest.mark.parametrize("architecture", sorted(MACHINES))
def test_what_is_inside(fifoq, architecture):
    fifoq.config({"functions": {"architecture": architecture}})
    data = package(fifoq)
    assert len(data) <= LIMIT
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        infos = {info.filename: info for info in archive.infolist()}
        assert set(infos) == {"bootstrap", "settings.json"}
        mode = infos["bootstrap"].external_attr >> 16
        assert stat.S_ISREG(mode) and stat.S_IMODE(mode) == 0o755
        settings_mode = infos["settings.json"].external_attr >> 16
        assert stat.S_ISREG(settings_mode) and stat.S_IMODE(settings_mode) & 0o444 == 0o444
        assert {info.date_time for info in infos.values()} == {(1980, 1, 1, 0, 0, 0)}
        bootstrap = archive.read("bootstrap")
    machine, kinds = program_headers(bootstrap)
    assert machine == MACHINES[architecture]
    assert PT_INTERP not in kinds and PT_DYNAMIC not in kinds


def read_settings(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read("settings.json"))


def test_the_version_names_the_bootstraps_of_the_build(fifoq):
    built = FIFOQ.parent / "bootstrap"
    told = json.loads(fifoq.good("version", "--format", "json").out)
    for architecture, code in told["bootstraps"].items():
        file = built / architecture.replace("arm64", "aarch64") / "bootstrap.zip"
        if not file.exists():
            pytest.skip(f"'{file}' does not exist: fifoq was built elsewhere")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert code == f"{told['version']}-{digest[:8]}"


def test_the_settings_are_what_the_manual_says(fifoq):
    settings = read_settings(package(fifoq))
    assert settings["version"] == 1
    assert settings["pipeline"] == "orders"
    assert settings["table"] == "orders-table"
    assert settings["queue"] == "orders.fifo"
    assert settings["dead_letters"] == "orders-dead.fifo"
    assert settings["parameters"] == {"crm-token": "/orders/crm-token"}
    assert settings["ingest"] == {
        "events": ["INSERT"],
        "group": "${item.customer}",
        "message": {"id": "${item.id}", "total": "${item.total}"},
        "on_reject": "block",
    }
    drain = dict(settings["drain"])
    (destination,) = drain.pop("destinations")
    assert drain == {
        "max_messages": 20,
        "rate_per_s": 5.0,
        "parallel_groups": 1,
        "timeout_ms": 60000,
        "visibility_ms": 360000,
        "on_reject": "block",
        "pause": "/orders/fifoq/pause",
        "turn": "orders-turn.fifo",
    }
    assert destination["auth"] == {"bearer": "${param.crm-token}"}
    assert destination["method"] == "POST"
    assert destination["success"] == [[200, 299]]
    assert destination["idempotency_header"] == "Idempotency-Key"
    assert destination["timeout_ms"] == 10000


def test_no_secret_and_nothing_of_this_machine(fifoq):
    data = package(fifoq)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    for text in (TOKEN, SECRET, str(fifoq.folder), "123456789012"):
        assert text.encode() not in content and text.encode() not in data


def test_other_settings_give_other_bytes(fifoq):
    first = package(fifoq)
    fifoq.config({"drain": {"max_messages": 21}})
    assert package(fifoq) != first


def test_a_device_or_a_pipe_is_written_into(fifoq):
    """As root in a container, /dev/null must not be replaced."""
    whole = package(fifoq)
    pipe = fifoq.folder / "pipe"
    os.mkfifo(pipe)
    process = fifoq.start("package", "-o", pipe)
    assert pipe.read_bytes() == whole
    assert fifoq.finish(process).code == 0
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    device = fifoq.folder / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        return
    fifoq.good("package", "-o", device)
    assert stat.S_ISCHR(device.lstat().st_mode)


def test_a_link_stays_a_link(fifoq):
    whole = package(fifoq)
    target, link = fifoq.folder / "target.zip", fifoq.folder / "link.zip"
    target.write_bytes(b"x" * (len(whole) + 1))
    link.symlink_to(target)
    assert package(fifoq, "link.zip") == whole
    assert link.is_symlink() and target.read_bytes() == whole


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_holds_the_zip_alone(fifoq, name):
    whole = package(fifoq)
    process = fifoq.start("package", "-o", name)
    assert process.wait(60) == 0
    out, err = process.files
    assert os.pread(out.fileno(), len(whole) + 1, 0) == whole
    assert b"code_sha256" in os.pread(err.fileno(), 1000, 0)
    assert os.path.islink("/dev/stdout")


def test_a_file_that_cannot_be_written(fifoq):
    result = fifoq.run("package", "-o", fifoq.folder / "no" / "such" / "folder.zip")
    assert result.code == 1
    assert "folder.zip" in result.err
