"""The software identification."""

import check
from steelyard_wire import identify
from steelyard_wire.codes import ARGUMENT

_DIGEST = bytes(32)


def test_golden():
    for case in check.vectors("identify")["cases"]:
        files = [(path, digest) for path, digest in case["files"]]
        assert identify.software_id(files, case["platform"]) == case["software_id"]
        assert identify.software_id(reversed(files), case["platform"]) == case["software_id"]


def test_S1_every_change_changes_it():
    files = [("/boot.py", _DIGEST), ("/main.py", _DIGEST)]
    seen = [
        identify.software_id(files, "a"),
        identify.software_id(files, "b"),
        identify.software_id(files[:1], "a"),
        identify.software_id([], "a"),
        identify.software_id([files[0], ("/main.py", b"\x01" + bytes(31))], "a"),
        identify.software_id([files[0], ("/board.mpy", _DIGEST)], "a"),
    ]
    assert len(set(seen)) == len(seen)


def test_platform_text():
    # sys.implementation of a release and of a preview build.
    text = identify.platform_text("micropython", (1, 28, 0, ""), 4870, "Pico with RP2040", "3.4.0")
    assert text == "micropython\n1.28.0\n4870\nPico with RP2040\n3.4.0"
    text = identify.platform_text("micropython", (1, 29, 0, "preview"), 2822, "m", "v")
    assert text == "micropython\n1.29.0.preview\n2822\nm\nv"


def test_measured_paths():
    for path in ("/boot.py", "/main.py", "/board.mpy", "/terminal/a/b.mpy", "/steelyard_wire/x"):
        assert identify.is_measured(path), path
    for path in ("boot.py", "/state/config.cbor", "/journal/1.log", "/terminal", "/lib/boot.py"):
        assert not identify.is_measured(path), path


def test_refused_files():
    good = ("/boot.py", _DIGEST)
    for files in (
        [good, good],
        [("boot.py", _DIGEST)],
        [("/state/identity.cbor", _DIGEST)],
        [("/terminal/a\x00b", _DIGEST)],
        [("/boot.py", bytes(31))],
    ):
        check.refused(ARGUMENT, identify.software_id, files, "p")
