"""What a sealed terminal tells: who did what to it, and none of its secrets."""

from __future__ import annotations

import base64

import sealing
from command_line import CommandLine
from steelyard import boards, image
from steelyard.errors import DeviceRefused
from steelyard_wire import commands
from terminals import Bench, Start

_SECRETS = """
from binascii import b2a_base64
from terminal.drivers.files import Files
from terminal.evidence import settings
stored = settings.load(Files("/state"), "identity")
for key in (1, 4, 6):
    print(b2a_base64(stored[key]).decode().strip())
"""
_ARGUMENTS = {"TRACE": ("20",), "RECORD": ("0",), "RECEIPT": ("0", "00" * 32, "0" * 32)}
_ARGUMENTS |= {"GRANT": ("SERVICE", "00" * 8, "AA=="), "UNLOCK": ("REPAIR", "0" * 12, "R")}


def _forms(secret: bytes) -> list[bytes]:
    text = base64.b64encode(secret)
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), text.rstrip(b"=")]


def test_S11_no_key_leaves_the_terminal_or_lies_open_on_the_host(start: Start) -> None:
    bench = start("calibrated")
    printed = bench.run_on_board(_SECRETS)
    secrets = [base64.b64decode(line) for line in printed.split()]
    assert [len(secret) for secret in secrets] == [32, 32, 32]
    sealing.seal(bench)
    transcript = bench.folder / "transcript"
    bench.terminal.link._transcript = transcript
    said = []
    for name, level, _, _, _ in commands.COMMANDS:
        said.append(repr(bench.terminal.link.command("HELP", name).words))
        try:
            if level <= commands.USER:
                reply = bench.terminal.link.command(name, *_ARGUMENTS.get(name, ()), changes=True)
                said.append(repr((reply.words, reply.values)))
        except DeviceRefused as refused:
            said.append(refused.sentence)
    said += [repr(bench.terminal.record(n)) for n in bench.terminal.records()]
    everything = "\n".join(said).encode() + transcript.read_bytes()
    everything += b"".join(image.build(boards.load("virtual")).files.values())
    for path in bench.folder.iterdir():
        # The flash is the terminal itself, and these files are the host's share (0600).
        if path.name not in ("flash.bin", "link-keys.json", "unlock-keys.json"):
            everything += path.read_bytes()
    assert (bench.folder / "link-keys.json").stat().st_mode & 0o077 == 0
    for secret in secrets:
        for form in _forms(secret):
            assert form not in everything


def test_the_trail_says_who_did_what_with_old_and_new(sealed: Bench) -> None:
    bench = sealed
    sealing.grant(bench, commands.SERVICE)
    bench.terminal.set_parameter("mains_hz", "60")
    bench.world("open case")
    bench.world("advance 3 s")
    user = CommandLine(bench.store.path)
    found = user("events", bench.simulator.pty, "--allow-test", "--json").json()
    said = user("events", bench.simulator.pty, "--allow-test")
    assert said.code == 0 and "opened: locked" in said.out and "counted in all:" in said.out
    lines = [(one["what"], one["old"], one["new"], one["who"]) for one in found["events"]]
    service = sealing.LEVELS[commands.SERVICE].id.hex()
    assert ("calibration", "none") in [line[:2] for line in lines]
    assert ("seal", "", "locked (lock 0)", "") in lines
    assert ("grant service", "", "unlocked (lock 0)", service) in lines
    assert ("parameter mains_hz", "50", "60", service) in lines
    assert lines[-1] == ("case", "", "opened: locked", "")
    # One calibration; root, device statement, parameter; one opening; seal and grant.
    counts = {"calibration": 1, "parameter": 3, "case": 1, "lock": 2, "firmware": 0}
    assert found["counters"] == counts
