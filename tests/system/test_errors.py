"""Every error code of the service line, provoked once on the real firmware.

The world does what loads, accidents and attackers do; what a world cannot do (a damaged file, a
full disk, a bug of ours) is done at the board's prompt, as whoever has the cable could.
"""

from __future__ import annotations

import base64
import re
import socket
import time
from collections.abc import Callable

import makers
import pytest
import sealing
import serial
from steelyard.client import Terminal
from steelyard.errors import DeviceRefused
from steelyard_wire import codes, commands, cose, record, sentences
from steelyard_wire.auth import receipt_mac
from terminals import BALLAST, FILL_SEGMENT, FLIP_IN_PACK, JOURNAL, Bench, Start

SECRETS = [base64.b64encode(bytes(range(k, k + 32))).decode() for k in (0, 32)]


def _raw(bench: Bench, text: str) -> int:
    """The code with which a typed line is refused."""
    address = bench.terminal.address
    bench.terminal.close()
    with serial.serial_for_url(address, timeout=10) as port:
        port.write(text.encode() + b"\r\n")
        answer = port.read_until(b"\r\n")
    bench.terminal = Terminal(address)
    found = re.match(rb"(?:@\d+ )?ERROR (\d+) ", answer)
    assert found, answer
    return int(found[1])


def _join(bench: Bench) -> str:
    """Have the terminal join the network in the air; the address of its service port."""
    bench.terminal.set_wifi("market", "")
    for _ in range(400):
        if bench.terminal.network()["state"] == "joined":
            return bench.simulator.service
        time.sleep(0.01)  # a terminal that is asked all the time has none for itself
    raise AssertionError(bench.terminal.network())


def _over_the_air(bench: Bench, *command: str, key: bytes | None = None) -> int:
    with Terminal(_join(bench), key) as terminal:
        try:
            terminal.link.command(*command, changes=True)
        except DeviceRefused as refused:
            return refused.code
    raise AssertionError("not refused")


def _calibration(bench: Bench, *steps: str) -> int:
    for step in steps[:-1]:
        bench.terminal.calibrate_when_still(*step.split())
    return bench.refused("CAL", *steps[-1].split())


def _loaded(command: str, *asked: str) -> Callable[[Bench], int]:
    def provoke(bench: Bench) -> int:
        bench.load(command)
        return bench.refused(*asked)

    return provoke


def _set(name: str, value: str, *asked: str) -> Callable[[Bench], int]:
    def provoke(bench: Bench) -> int:
        bench.terminal.set_parameter(name, value)
        bench.load("place 1 kg")
        return bench.refused(*asked)

    return provoke


def _tare_in_use(bench: Bench) -> int:
    bench.terminal.set_parameter("direct_sale", "1")
    bench.load("place 1 kg")
    bench.terminal.tare()
    return bench.refused("TARE", "CLEAR")


def _extended(bench: Bench) -> int:
    bench.world("speed 0")
    bench.terminal.extend()
    return bench.refused("REGISTER")


def _noisy_calibration(bench: Bench) -> int:
    # 15 kg in steps of 0.2 g: an interval has some 40 counts.
    bench.terminal.set_parameter(*"class 2 exp10 -4 max 150000 e 2 min 100".split())
    bench.world("fault noise 5")
    bench.terminal.calibrate("BEGIN")
    for load, step in (("remove", "ZERO"), ("place 15 kg", "SPAN 15.0000 kg")):
        bench.load(load)
        bench.terminal.calibrate_when_still(*step.split())
    return bench.refused("CAL", "COMMIT", "UNCHECKED")


def _negative(bench: Bench) -> int:
    bench.load("place 1 kg")
    bench.terminal.tare()
    bench.load("remove")
    return bench.refused("REGISTER")


def _moving(bench: Bench) -> int:
    bench.load("place 1 kg")
    bench.load_moves()
    return bench.refused("REGISTER")


def _silent_converter(bench: Bench) -> int:
    bench.world("fault dout_high")
    while bench.terminal.reading().fault != "NO_DATA":
        pass
    return bench.refused("REGISTER")


def _too_early(bench: Bench) -> int:
    # Time is held: the new filter is empty when the command comes.
    bench.world("speed 0")
    bench.terminal.set_parameter("profile", "2")
    return bench.refused("ZERO")


def _locked(bench: Bench) -> int:
    # A memory that does not keep what is written: the check says so.
    bench.before_main(
        "from terminal import cold\n"
        "old = cold.call\n"
        "cold.call = lambda m, *a: False if m.endswith('ram') else old(m, *a)\n"
    )
    bench.world("advance 2 s")
    return bench.refused("REGISTER")


def _third_connection(bench: Bench) -> int:
    host, _, port = _join(bench).removeprefix("socket://").partition(":")
    bench.world("speed 0")  # a connection that is silent for long would give way
    open_ones = [socket.create_connection((host, int(port)), 5) for _ in range(3)]
    for one in open_ones[:2]:
        one.sendall(b"READ\r\n")
        assert one.recv(400).startswith(b"OK ")
    answer = open_ones[2].makefile("rb").readline()
    for one in open_ones:
        one.close()
    return int(answer.split()[1])


def _damaged(script: str, *asked: str) -> Callable[[Bench], int]:
    def provoke(bench: Bench) -> int:
        bench.run_on_board(script)
        assert bench.terminal.identify().state == "halted"
        return bench.refused(*asked)

    return provoke


_FLIP = (
    "f = open('/state/calibration.cbor', 'r+b'); f.seek(20)\n"
    "b = f.read(1); f.seek(-1, 1); f.write(bytes([b[0] ^ 1])); f.close()"
)
_FLIP_TABLE = FLIP_IN_PACK.format("/terminal/evidence/comb6.bin", 200)
_BROKEN = (
    JOURNAL
    + """
device.read(segment, 1, page)
page[60:70] = bytes(10)
device.write(segment, 1, page)
"""
)


def _full_disk(bench: Bench) -> int:
    before = [bench.terminal.record(n) for n in bench.terminal.records()]
    bench.run_on_board(FILL_SEGMENT + BALLAST % 3)
    # What it has signed can be fetched all the same.
    assert [bench.terminal.record(n) for n in bench.terminal.records()] == before
    assert bench.terminal.reading()
    return bench.refused("REGISTER")


def _broken_journal(bench: Bench) -> int:
    bench.run_on_board(_BROKEN)
    assert bench.terminal.identify().state == "halted"
    return bench.refused("REGISTER")


def _receipt_of_another_history(bench: Bench) -> int:
    dev = bench.terminal.identify().dev
    key = bench.store.link_key(dev)
    assert key
    n = bench.terminal.records().stop
    return bench.refused("RECEIPT", str(n), bytes(32).hex(), receipt_mac(key, dev, n, bytes(32)))


def _retired(bench: Bench) -> int:
    bench.terminal.link.command("RETIRE", "-", "TEST", changes=True)
    return bench.refused("REGISTER")


def _key_uses(bench: Bench) -> int:
    bench.terminal.checkpoint()
    return bench.refused("CHECKPOINT")


def _rolled_back(bench: Bench) -> int:
    bench.roll_back(lambda: bench.close_days(17))
    return bench.refused("REGISTER")


def _no_network(bench: Bench) -> int:
    bench.before_main("import board\nboard.NETWORK = ''\n")
    return bench.refused("NETWORK")


def _our_bug(bench: Bench) -> int:
    # FAULTS asks the converter for a counter: a driver that lost one is a bug of ours.
    bench.before_main(
        "from terminal.links.service import Service\n"
        "Service.do_faults = lambda self, link, args: 1 // 0\n"
    )
    return bench.refused("FAULTS")


def _opened_case(bench: Bench) -> int:
    sealing.seal(bench)
    bench.world("open case")
    bench.world("advance 2 s")
    return bench.refused("REGISTER")


def _two_wrong_proofs(bench: Bench) -> int:
    sealing.seal(bench)
    key = sealing.LEVELS[commands.SERVICE]
    wrong = ("SERVICE", key.id.hex(), sealing.text(bytes(64)))
    for code in (codes.STATEMENT, codes.WAIT):
        bench.terminal.link.command("CHALLENGE")
        assert bench.refused("GRANT", *wrong) == code
    return code


# code: (state of the terminal, what provokes it)
PROVOKED: dict[int, tuple[str, Callable[[Bench], int]]] = {
    codes.SYNTAX: ("calibrated", lambda bench: _raw(bench, 'READ "')),
    codes.UNKNOWN_COMMAND: ("calibrated", lambda bench: bench.refused("DANCE")),
    codes.ARGUMENT: ("calibrated", lambda bench: bench.refused("SET", "e", "3")),
    codes.CRC: ("calibrated", lambda bench: _raw(bench, "@1 ZERO *0000")),
    codes.LINE_TOO_LONG: ("calibrated", lambda bench: _raw(bench, "Z" * 600)),
    codes.LEVEL: (
        "provisioned",
        lambda bench: _over_the_air(bench, "PROVISION", "SY-9", *SECRETS),
    ),
    codes.AUTH: ("calibrated", lambda bench: _over_the_air(bench, "ZERO", key=bytes(32))),
    codes.CRC_REQUIRED: ("calibrated", lambda bench: _raw(bench, "@1 ZERO")),
    codes.NOT_PROVISIONED: ("new", lambda bench: bench.refused("REGISTER")),
    codes.ALREADY_PROVISIONED: (
        "provisioned",
        lambda bench: bench.refused("PROVISION", "SY-9", *SECRETS),
    ),
    codes.NOT_CALIBRATED: ("provisioned", _loaded("place 3 kg", "REGISTER")),
    codes.MOTION: ("calibrated", _moving),
    codes.OVERLOAD: ("calibrated", _loaded("place 15.1 kg", "REGISTER")),
    codes.UNDERLOAD: ("calibrated", _loaded("place -0.2 kg", "REGISTER")),
    codes.CONVERTER_FAULT: ("calibrated", _silent_converter),
    codes.ZERO_RANGE: ("calibrated", _loaded("place 1 kg", "ZERO")),
    codes.NO_LOAD_CHANGE: (
        "provisioned",
        lambda bench: _calibration(bench, "BEGIN", "ZERO", "SPAN 10.000 kg"),
    ),
    codes.NOT_READY: ("calibrated", _too_early),
    codes.CALIBRATION_ORDER: (
        "provisioned",
        lambda bench: _calibration(bench, "BEGIN", "ZERO", "COMMIT"),
    ),
    codes.NEGATIVE: ("calibrated", _negative),
    codes.BELOW_ZERO_TARE: ("calibrated", _loaded("place 1 g", "TARE")),
    codes.SPAN: (
        "provisioned",
        lambda bench: _calibration(bench, "BEGIN", "ZERO", "SPAN 15.005 kg"),
    ),
    codes.TARE_KEPT: ("calibrated", _tare_in_use),
    codes.NEXT_LOAD: ("calibrated", _set("registration", "11", "REGISTER")),
    codes.TRIGGER: ("calibrated", _set("registration", "1", "REGISTER")),
    codes.EXTENDED: ("calibrated", _extended),
    codes.NOISE: ("provisioned", _noisy_calibration),
    codes.CHECK_FAILED: ("calibrated", _locked),
    codes.JOURNAL_FULL: ("calibrated", _full_disk),
    codes.JOURNAL_FAULT: ("calibrated", _broken_journal),
    codes.NO_RECORD: ("calibrated", lambda bench: bench.refused("RECORD", "999")),
    codes.SIGNER_FAULT: ("calibrated", _damaged(_FLIP_TABLE, "REGISTER")),
    codes.STORAGE: ("calibrated", _damaged(_FLIP, "REGISTER")),
    codes.RECEIPT: ("calibrated", _receipt_of_another_history),
    codes.RETIRED: ("calibrated", _retired),
    codes.HISTORY: ("chip", _rolled_back),
    codes.KEY_USES: ("chip", _key_uses),
    codes.LOCKED: ("calibrated", _opened_case),
    codes.NO_NETWORK: ("calibrated", _no_network),
    codes.STATEMENT: (
        "provisioned",
        lambda bench: bench.refused("STATEMENT", "TAKE", "STATION"),
    ),
    codes.WAIT: ("calibrated", _two_wrong_proofs),
    codes.SEALED: ("calibrated", lambda bench: bench.refused("SEAL")),
    codes.BUSY: ("calibrated", _third_connection),
    codes.NO_ROOT: ("calibrated", lambda bench: bench.refused("UPDATE", "BEGIN", "300")),
    codes.NOT_SIGNED: ("calibrated", makers.refused(2)),
    codes.DOWNGRADE: (
        "calibrated",
        makers.refused(stored=makers.store("release", {1: makers.SEQUENCE, 2: 0})),
    ),
    codes.UNFIT: ("calibrated", makers.refused(hardware=bytes(8))),
    codes.DAMAGED: ("calibrated", makers.damaged),
    codes.UPDATE_ORDER: ("calibrated", lambda bench: bench.refused("UPDATE", "PUT", "0", "AAAA")),
    codes.NO_SPACE: ("calibrated", makers.refused(size=2_000_000)),
    codes.INTERNAL: ("calibrated", _our_bug),
}


def test_no_code_is_left_out() -> None:
    assert set(PROVOKED) == {code for code, _, _ in sentences.ERRORS}


@pytest.mark.parametrize("code", PROVOKED, ids=sentences.error_name)
def test_a_code_is_provoked_and_the_terminal_goes_on(code: int, start: Start) -> None:
    state, provoke = PROVOKED[code]
    bench = start(state)
    next_n = bench.terminal.records().stop
    assert provoke(bench) == code
    if int(bench.terminal.status()["halted"]):
        return  # and says so; nothing more is signed
    # Nothing was registered by what was refused.
    added = [bench.terminal.record(n) for n in range(next_n, bench.terminal.records().stop)]
    kinds = {record.decode(cose.split(raw).payload)[record.TYP] for raw in added}
    assert not kinds & {record.READING, record.VOID, record.CALIBRATION}
