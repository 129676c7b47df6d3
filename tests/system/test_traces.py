"""TRACE from the host's side: every sample of the world, on cable and air, and no heap for it."""

from __future__ import annotations

import pytest
import vms
from air import Air, at, error, join
from steelyard.access import opened
from steelyard.client import Terminal
from steelyard.errors import DeviceRefused
from steelyard_wire import codes
from terminals import Bench, Start

LOCKED = """
import micropython, sys
from terminal.drivers.ring import SampleRing
from terminal.links.trace import Tap
from terminal.operations import Terminal
PLANTED

class Weigher:
    # Counts instead of weighing: the weight path has its own proof.
    def __init__(self):
        self.fed = 0
    def feed(self, counts, ticks, fault):
        self.fed += 1

class Bare:
    drain = Terminal.drain

bare = Bare()
bare.ring = ring = SampleRing()
bare.weigher = Weigher()

def run(tap):
    bare.tap = tap
    micropython.heap_lock()
    try:
        for k in range(2000):
            ring.put(0x7FFFFF - (k & 1) * 0xFFFFFF, k - 999 & 0x3FFFFFFF, 0)
            bare.drain()
    finally:
        micropython.heap_unlock()

tap = Tap(0)
run(None)
run(tap)
print(bare.weigher.fed, tap.samples, tap.lost, sys.maxsize > 1 << 31)
"""


def _locked(vm: str, planted: str = "") -> str:
    run = vms.run_micropython if vm == "unix" else vms.run_wasm
    return run(LOCKED.replace("PLANTED", planted), timeout=120)


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_a_traced_sample_allocates_nothing(vm: str) -> None:
    assert _locked(vm).split() == ["4000", "512", "1488", str(vm == "unix")]


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_an_allocation_would_be_found(vm: str) -> None:
    planted = "real = Tap.put\nTap.put = lambda self, *sample: real(self, *sample)"
    with pytest.raises(vms.ScriptFailed, match="MemoryError"):
        _locked(vm, planted)


def test_every_conversion_comes_as_the_chip_made_it(start: Start) -> None:
    # The recorded words are given to the chip one by one; the trace has them all, in order.
    bench = start("provisioned", speed="0")
    words = [(k * 7919) % 0xFFFFFE - 0x7FFFFE for k in range(1600)]
    file = bench.folder / "words.txt"
    file.write_text("\n".join(f"{k / 80:.4f} {word}" for k, word in enumerate(words)))
    bench.world(f"replay {file}")
    bench.world("advance 500 ms")  # where the recording begins, the rhythm breaks
    bench.world("speed 1")
    trace = bench.terminal.trace(1.5)
    first = words.index(trace.counts[0])
    assert trace.counts.tolist() == words[first : first + len(trace)] and len(trace) >= 118
    assert set(trace.faults) == {codes.FAULT_NONE} and trace.lost == 0
    assert trace.rate_hz == pytest.approx(80, rel=0.002)


@pytest.mark.parametrize("ppm", [-150000, 30000])
@pytest.mark.parametrize("rate", [10, 80])
def test_the_rate_of_a_trace_is_that_of_the_chip(start: Start, rate: int, ppm: int) -> None:
    bench = start("new", "--rate", str(rate), "--rate-error-ppm", str(ppm))
    trace = bench.terminal.trace(10)
    assert trace.rate_hz == pytest.approx(rate * (1 + ppm / 1e6), rel=0.002)


def test_faults_come_as_the_driver_names_them(bench: Bench) -> None:
    for fault, code in (
        ("dout_high", codes.FAULT_NO_DATA),
        ("saturate_high", codes.FAULT_OVERLOAD),
        ("saturate_low", codes.FAULT_UNDERLOAD),
    ):
        bench.world(f"fault {fault}")
        bench.world("advance 1 s")
        trace = bench.terminal.trace(1)
        assert set(trace.faults) == {code} and not trace.good.any(), fault
        bench.world(f"fault {fault} off")
        bench.world("advance 1 s")
    assert bench.terminal.trace(1).good.all()


def test_a_trace_over_the_air_is_alone_and_the_scale_weighs_on(start: Start) -> None:
    bench = start("calibrated", speed="0")
    address = join(bench)
    bench.world("speed 1")
    with opened(address, bench.store) as (terminal, _):
        before = bench.terminal.status()
        trace = terminal.trace(1.5)
        assert trace.seconds > 1.4 and trace.lost == 0 and trace.good.all()
    with Air(address) as air, Air(address) as other:
        air.send("TRACE 600000")
        assert air.reply().startswith("PROGRESS")
        assert error(other.ask("TRACE 10")) == codes.BUSY
        assert error(other.ask("READ")) == 0
        assert bench.refused("TRACE", "10") == codes.BUSY
    after = bench.terminal.status()
    for name in ("gaps", "faults", "dropped", "n"):
        assert after[name] == before[name], name


def test_a_link_that_goes_in_the_middle_leaves_nothing(start: Start) -> None:
    bench = start("calibrated", speed="0")
    address = join(bench)
    bench.world("speed 1")
    line = at(address)
    line.sendall(b"TRACE 600000\r\n")
    assert line.recv(10)
    line.close()
    console = bench.terminal.address
    traced = False
    while not traced:  # until the terminal has noticed
        try:
            traced = bench.terminal.trace(0.2).lost == 0
        except DeviceRefused as refused:
            assert refused.code == codes.BUSY
    # And on the cable: a host that is killed in the middle of one.
    bench.terminal.link._port.write(b"TRACE 600000\r\n")
    bench.terminal.close()
    with Terminal(console) as bench.terminal:
        assert bench.terminal.reading().value == "0.000"
        assert bench.terminal.trace(0.2).lost == 0
    bench.terminal = Terminal(console)
