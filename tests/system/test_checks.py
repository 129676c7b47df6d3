"""Checking facilities on the running firmware: the number goes, an alarm comes, a record stays."""

from __future__ import annotations

import pytest
from steelyard.verify import verify
from steelyard_wire import codes, record
from terminals import Bench, Start


def faults(bench: Bench) -> list[str]:
    """Names in the FAULT records, each signed and in its place."""
    envelopes = [bench.terminal.record(n) for n in bench.terminal.records()]
    report = verify(envelopes, bench.store.registry(), allow_test=True)
    assert report.ok
    return [
        str(fields[record.DATA][1])
        for fields in report.records
        if fields[record.TYP] == record.FAULT
    ]


@pytest.mark.parametrize(
    ("fault", "name", "seconds"),
    [
        ("dout_high", "NO_DATA", 3),
        ("saturate_high", "OVERLOAD", 3),
        ("saturate_low", "UNDERLOAD", 3),
        ("frozen", "FROZEN", 8),
        ("noise 60", "NOISY", 20),
    ],
)
def test_W11_S13_a_fault_blanks_alarms_and_is_recorded(
    start: Start, fault: str, name: str, seconds: int
) -> None:
    bench = start("calibrated", speed="0")
    bench.terminal.set_parameter("noise", "380")  # as commissioned: 38 counts at 80/s
    bench.world("place 2 kg")
    bench.world("advance 4 s")
    assert bench.terminal.reading().value == "2.000"
    assert bench.terminal.status()["alarm"] == "-" and faults(bench) == []
    bench.world(f"fault {fault}")
    bench.world(f"advance {seconds} s")
    reading = bench.terminal.reading()
    assert (reading.value, reading.fault) == (None, name)
    assert bench.terminal.status()["alarm"] == name
    assert bench.refused("REGISTER") in (codes.CONVERTER_FAULT, codes.OVERLOAD, codes.UNDERLOAD)
    bench.world("advance 1 s")
    assert faults(bench) == [name]
    bench.world(f"fault {fault.partition(' ')[0]} off")
    bench.world(f"advance {seconds + 4} s")
    assert bench.terminal.reading().value == "2.000"
    assert bench.terminal.status()["alarm"] == "-" and faults(bench) == [name]


_HURT = """
import asyncio
import terminal.app as app
app._CHECK_MS = 3000
old = app._watch_keys
async def hurt(terminal):
    await asyncio.sleep_ms(2000)
    with open('/code/terminal/origin.mpy', 'rb') as file:
        begins = file.tell() + 30
    with open('/a.pack', 'r+b') as file:
        file.seek(begins)
        file.write(b'x')
    await old(terminal)
app._watch_keys = hurt
"""


def test_S2_code_that_changes_while_it_runs_locks_the_terminal(bench: Bench) -> None:
    bench.before_main(_HURT)
    bench.world("place 2 kg")
    bench.world("advance 12 s")
    reading = bench.terminal.reading()
    assert reading.value is None and "LOCKED" in reading.flags
    assert bench.terminal.status()["alarm"] == "CODE"
    assert bench.refused("REGISTER") == codes.CHECK_FAILED
    assert faults(bench) == ["CODE"]


def test_code_that_does_not_change_locks_nothing(bench: Bench) -> None:
    bench.before_main(_HURT.replace("write(b'x')", "write(b'')"))
    bench.world("place 2 kg")
    bench.world("advance 12 s")
    assert bench.terminal.reading().value == "2.000"
    assert bench.terminal.status()["alarm"] == "-" and faults(bench) == []
