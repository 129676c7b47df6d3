"""`steelyard update` on the whole virtual terminal: what is signed comes, and only that; a cut, a
firmware that does not start and a damaged line leave one that weighs.
"""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import replace
from pathlib import Path

import makers
import pytest
import sealing
from steelyard import boards, cli, image, releases, updating
from steelyard.client import Terminal
from steelyard.commands.release import read as release_of
from steelyard.errors import USAGE, DeviceRefused, UserError
from steelyard.keys import files
from steelyard.releases import Release
from steelyard.verify import verify
from steelyard_wire import codes, commands, record
from steelyard_wire.release import ANNOUNCED, FAILED, RUNNING
from terminals import Bench, Start, VirtualTerminal

STATE = ("identity", "calibration", "trust")
READ_STATE = (
    "import os\n"
    "for name in sorted(os.listdir('/state')): print(name, open('/state/' + name, 'rb').read())"
)


@pytest.fixture(scope="module")
def released() -> Release:
    """A firmware that differs from the tree's by its version alone."""
    return makers.release()


def trusting(start: Start, **options: str) -> Bench:
    bench = start("calibrated", **options)
    bench.run_on_board(makers.store("trust", makers.ROOT))
    return bench


def firmware_records(bench: Bench) -> list[tuple[str, str, int | None]]:
    """(old version, new version, state) of the FIRMWARE records; every record is verified."""
    envelopes = [bench.terminal.record(n) for n in bench.terminal.records()]
    report = verify(envelopes, bench.store.registry(), allow_test=True)
    assert report.ok, report.failures
    data = [
        fields[record.DATA] for fields in report.records if fields[record.TYP] == record.FIRMWARE
    ]
    return [(row[1], row[3], row.get(5)) for row in data]


def state_of(bench: Bench) -> dict[str, str]:
    lines = bench.run_on_board(READ_STATE).splitlines()
    found = dict(line.split(" ", 1) for line in lines if ".cbor " in line)
    return {name: found[f"{name}.cbor"] for name in STATE}


def uploaded(bench: Bench, what: Release) -> None:
    """What came over the line, put into the flash: the same, and sooner."""
    files = {
        "/b.new": what.packed,
        "/state/update.cbor": makers.stored("update", {1: what.envelope}),
    }
    bench.power_cycle(lambda: makers.put(bench.folder / "flash.bin", files))


def apply(bench: Bench) -> None:
    bench.terminal.link.command("UPDATE", "APPLY", changes=True, timeout=60)
    bench.terminal.close()
    bench.terminal = Terminal(bench.simulator.console)
    bench.terminal.wait_until_ready(60)


def test_S10_a_signed_release_comes_over_a_line_that_breaks_and_everything_else_stays(
    start: Start, released: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = trusting(start)
    before, old = state_of(bench), bench.terminal.identify()
    file = tmp_path / "new.release"
    file.write_bytes(released.to_bytes())
    # The supply goes in the middle of the upload: what was flushed is there, and goes on.
    cut_at = len(released.packed) // 2

    def cut(done: int, _whole: int) -> None:
        if done >= cut_at:
            bench.simulator.close(signal.SIGKILL)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        updating.update(bench.terminal, released, cut)
    bench.terminal.close()
    bench.simulator = VirtualTerminal(bench.folder / "flash.bin")
    bench.world = bench.simulator.world
    bench.terminal = Terminal(bench.simulator.console)
    bench.terminal.wait_until_ready()
    assert bench.terminal.identify() == old and firmware_records(bench) == []
    have = int(updating.status(bench.terminal)["have"])
    assert cut_at - 20000 < have <= cut_at
    bench.terminal.close()

    assert cli.run(["update", bench.simulator.pty, str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["bytes_sent"] == len(released.packed) - have
    bench.terminal = Terminal(bench.simulator.console)
    new = bench.terminal.identify()
    assert (new.firmware, new.software_id.hex()) == ("9.9.9", said["new_software_id"])
    assert new.software_id != old.software_id
    assert (new.dev, new.calibration) == (old.dev, old.calibration)
    assert firmware_records(bench) == [
        (old.firmware, "9.9.9", ANNOUNCED),
        (old.firmware, "9.9.9", RUNNING),
    ]
    now = updating.status(bench.terminal)
    assert (now["slot"], now["next"], now["tries"], now["highest"]) == ("b", "b", "-", "7")
    assert now["minimum"] == "3" and now["release"] == "-"
    bench.load("place 2 kg")
    bench.terminal.register()
    assert state_of(bench) == before
    # Once more is no update, and to the terminal the same release is an old one now.
    assert updating.update(bench.terminal, released).n is None
    assert makers.offer(bench, released) == codes.DOWNGRADE


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError('TEST')\n",
        "import time\nwhile True: time.sleep_ms(5)\n",  # a watchdog counts these tries
    ],
    ids=["raises", "hangs"],
)
def test_S10_a_firmware_that_does_not_start_gives_way_after_three_tries(
    start: Start, code: str
) -> None:
    bench = trusting(start)
    old = bench.terminal.identify()
    broken = makers.release("6.6.6", code)
    uploaded(bench, broken)
    apply(bench)
    assert bench.terminal.identify() == old
    assert firmware_records(bench) == [
        (old.firmware, "6.6.6", ANNOUNCED),
        (old.firmware, "6.6.6", FAILED),
    ]
    now = updating.status(bench.terminal)
    assert (now["slot"], now["next"], now["tries"], now["highest"]) == ("a", "a", "-", "0")
    bench.load("place 2 kg")
    assert bench.terminal.reading().value == "2.000"


def test_S10_what_is_not_what_was_signed_never_starts(start: Start, released: Release) -> None:
    bench = trusting(start)
    packed = bytearray(released.packed)
    packed[-1000] ^= 1
    files = {
        "/b.new": bytes(packed),
        "/state/update.cbor": makers.stored("update", {1: released.envelope}),
    }
    bench.power_cycle(lambda: makers.put(bench.folder / "flash.bin", files))
    assert bench.refused("UPDATE", "APPLY") == codes.DAMAGED
    # What came is gone; nothing was announced.
    assert updating.status(bench.terminal)["have"] == "0"
    assert firmware_records(bench) == []


def test_S10_a_damaged_line_finds_the_firmware_that_was_announced(
    start: Start, released: Release
) -> None:
    bench = trusting(start)
    uploaded(bench, released)
    apply(bench)
    assert bench.terminal.identify().firmware == "9.9.9"
    bench.power_cycle(lambda: makers.put(bench.folder / "flash.bin", {"/active": b"a - 00 11\n"}))
    # On trial again, and confirmed again.
    assert bench.terminal.identify().firmware == "9.9.9"
    now = updating.status(bench.terminal)
    assert (now["slot"], now["next"], now["tries"]) == ("b", "b", "-")


@pytest.mark.parametrize("after_s", [0.15, 0.4])
def test_S10_a_cut_around_the_start_leaves_the_old_or_the_new(
    start: Start, released: Release, after_s: float
) -> None:
    bench = trusting(start)
    uploaded(bench, released)
    cut = threading.Timer(after_s, bench.simulator.close, [signal.SIGKILL])
    cut.start()
    with pytest.raises(Exception):  # noqa: B017 - whatever breaks first
        apply(bench)
        raise DeviceRefused(0, "", "it was sooner than the cut")
    cut.join()
    bench.terminal.close()
    bench.simulator = VirtualTerminal(bench.folder / "flash.bin")
    bench.world = bench.simulator.world
    bench.terminal = Terminal(bench.simulator.console)
    bench.terminal.wait_until_ready(60)
    versions = bench.terminal.identify().firmware
    states = [state for _, _, state in firmware_records(bench)]
    if versions == "9.9.9":
        assert states == [ANNOUNCED, RUNNING]
    else:
        assert states in ([], [ANNOUNCED, FAILED])
        apply(bench)
        assert bench.terminal.identify().firmware == "9.9.9"


def test_S10_a_sealed_terminal_takes_a_release_and_stays_sealed(sealed: Bench) -> None:
    bench = sealed
    sealing.verify(bench)
    what = releases.make(makers.changed(image.build(boards.load("virtual")), "9.9.9"), 7, 0, 0)
    for key in sealing.RELEASE[1:]:
        what = releases.signed(what, key.public, key.sign)
    uploaded(bench, what)
    link_key = bench.store.link_key(bench.terminal.identify().dev)
    bench.terminal.link.set_key(link_key)
    assert bench.refused("UPDATE", "STATUS") == codes.LEVEL
    sealing.grant(bench, commands.FACTORY)
    apply(bench)
    bench.terminal.link.set_key(link_key)
    now = bench.terminal.identify()
    assert now.sealed and now.firmware == "9.9.9"
    bench.world("advance 3 s")
    assert bench.terminal.status()["alarm"] == "-"
    reading = bench.terminal.reading()
    assert reading.value == "0.000" and "LOCKED" not in reading.flags
    # The verification was of the software of before.
    assert bench.terminal.seals()["verification"] == "SOFTWARE"
    assert firmware_records(bench)[-1][2] == RUNNING
    bench.power_cycle()
    assert bench.terminal.status()["alarm"] == "-"


def test_a_release_is_built_and_signed_with_key_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, secret = tmp_path / "new.release", tmp_path / "passphrase"
    secret.write_text("\n")
    secret.chmod(0o600)
    board = ("--board", "virtual", "--sequence", "7", "--minimum", "3")
    assert cli.run(["release", "build", *board, "--out", str(file)]) == 0
    with pytest.raises(UserError, match="nobody has signed"):
        assert release_of(file).envelope
    for name in ("anna", "ben"):
        key = tmp_path / f"{name}.pem"
        files.make(key, f"TEST {name}", files.RELEASE, lambda: "", True)
        sign = ["release", "sign", str(file), str(key), "--passphrase-file", str(secret)]
        assert cli.run(sign) == 0
    capsys.readouterr()
    assert cli.run(["release", "show", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["signed by"]) == 2
    assert (said["sequence"], said["minimum"], said["board"]) == (7, 3, "virtual")
    # Who builds it anew does not lose their signatures, and who signs twice is told.
    assert cli.run(["release", "build", *board, "--out", str(file)]) == USAGE
    assert cli.run(sign) == 0
    assert "ben had signed it already" in capsys.readouterr().err
    assert len(release_of(file).signatures) == 2
    # Another firmware under the same signatures is no release.
    what = release_of(file)
    for other in (
        replace(what, packed=what.packed[:-1] + b"x"),
        replace(what, packed=makers.release(sequence=8).packed),
    ):
        file.write_bytes(other.to_bytes())
        assert cli.run(["release", "show", str(file)]) == 2
    file.write_bytes(what.to_bytes()[:-9])
    assert cli.run(["release", "show", str(file)]) == 2
    assert cli.run(["update", "/dev/pts/no-such-port", str(file)]) == 2
