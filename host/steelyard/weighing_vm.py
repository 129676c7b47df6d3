"""The firmware's weight path over a stream of counts: the code itself, in the MicroPython VM.

Owns: how streams go into the VM and what comes out of it, sample by sample.
Refuses: with VirtualError, a system without a VM and a path that ends with an error; with
ValueError, streams that do not fit together.
Units: counts are signed 24-bit codes; value and tap 1/16 count; fine 1/100 of the mantissa.

    (weighed,) = weigh([Stream(counts, rate_mhz=80000, config={"profile": 1, "ring_mhz": 7000})])
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steelyard import data
from steelyard.errors import BUG, USAGE
from steelyard.scratch import scratch
from steelyard.virtual import VirtualError, micropython

Ints = NDArray[np.int32]
COLUMNS = ("value", "tap", "fine", "indicated", "status", "fault", "numeric", "fresh", "obstacle")

# Runs there. Samples come in and results go out as native 32-bit integers.
_SCRIPT = """
import json
import sys
from array import array
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher

folder = sys.argv[1]
with open(folder + "/streams.json") as file:
    streams = json.load(file)
source = open(folder + "/in", "rb")
target = open(folder + "/out", "wb")
row = array("i", [0] * 9)
sample = array("i", [0] * 3)
for length, rate_mhz, values, calibration, measured in streams:
    config = Config.from_map({})
    for name, value in values:
        config = config.with_value(name, str(value))
    made = None
    if calibration:
        made = Calibration.from_map({int(key): value for key, value in calibration.items()})
    weigher = Weigher(config, made, rate_mhz)
    weigher.set_rate(measured)
    reading = weigher.reading
    for _ in range(length):
        source.readinto(sample)
        weigher.feed(sample[0], sample[1], sample[2])
        path = weigher.filter
        row[0] = path.value
        row[1] = path.tap
        row[2] = reading.fine
        row[3] = reading.indicated
        row[4] = reading.status
        row[5] = reading.fault
        row[6] = reading.numeric
        row[7] = path.fresh
        row[8] = weigher.obstacle()
        target.write(row)
target.close()
"""


def two_points(
    generation: int, zero: int, span: int, mantissa: int, scale: tuple[int, int]
) -> dict[int, object]:
    """A calibration of zero and one weight; zero, span: counts; scale: exp10 and unit id."""
    points = [[zero * 16, 0], [span * 16, mantissa]]
    return {1: generation, 2: 0, 3: points, 4: list(scale), 8: 0} | dict.fromkeys((5, 6, 7, 9))


@dataclass(frozen=True)
class Stream:
    """What is fed to one weigher, from its start on.

    counts: the samples. rate_mhz: nominal rate of the board. config: parameters by name (others
    have the firmware's defaults). calibration: the map of a CALIBRATION record (`two_points`), or
    None for counts alone.
    faults: fault code of each sample, all 0 when empty. ticks_ms: time stamps, else by the rate.
    measured_mhz: the rate that the converter has been measured to have, 0: as nominal.
    """

    counts: Sequence[int] | Ints
    rate_mhz: int = 80000
    config: Mapping[str, int] = field(default_factory=dict)
    calibration: Mapping[int, object] | None = None
    faults: Sequence[int] | Ints = ()
    ticks_ms: Sequence[int] | Ints = ()
    measured_mhz: int = 0


@dataclass(frozen=True)
class Weighed:
    """What the weigher said after each sample; arrays as long as the stream.

    value: the filter's output, tap: the one with little delay (1/16 count; they mean something
    once `status` is without a fault and the window is full). fine: weight in 1/100 of the
    mantissa. indicated: mantissa. status, fault: of the reading. numeric: whether there is a
    number. fresh: whether this sample made a new value (at high rates several make one). obstacle:
    the error code that says why there is no stable weight (NOT_READY: the window is not full).
    """

    value: Ints
    tap: Ints
    fine: Ints
    indicated: Ints
    status: Ints
    fault: Ints
    numeric: Ints
    fresh: Ints
    obstacle: Ints


def _samples(stream: Stream) -> Ints:
    count = len(stream.counts)
    rows = np.zeros((count, 3), dtype=np.int32)
    rows[:, 0] = np.asarray(stream.counts)
    rate = stream.measured_mhz or stream.rate_mhz
    made = (np.arange(count, dtype=np.int64) * 1000000 // rate) & 0x3FFFFFFF
    for column, given, otherwise in ((1, stream.ticks_ms, made), (2, stream.faults, 0)):
        if len(given) not in (0, count):
            raise ValueError(f"{count} counts, but {len(given)} time stamps or faults")
        rows[:, column] = np.asarray(given) if len(given) else otherwise
    return rows


def _write(streams: Sequence[Stream], folder: Path) -> int:
    """Put the streams where the script looks for them; how many samples they have."""
    rows = [_samples(stream) for stream in streams]
    listing = [
        (
            len(stream.counts),
            stream.rate_mhz,
            list(stream.config.items()),
            dict(stream.calibration or {}),
            stream.measured_mhz,
        )
        for stream in streams
    ]
    (folder / "streams.json").write_text(json.dumps(listing), encoding="utf-8")
    (folder / "in").write_bytes(b"".join(row.tobytes() for row in rows))
    (folder / "weigh.py").write_text(_SCRIPT, encoding="utf-8")
    return sum(len(row) for row in rows)


def _ended(said: str) -> VirtualError:
    """What the last words of the path mean: a refusal is the caller's, all else ours."""
    last = said.strip().splitlines()[-1] if said.strip() else "without a word"
    refused = re.search(r"Refused: \(\d+, '(.*)'\)", last)
    if refused:
        return VirtualError(f"the firmware refuses these parameters: {refused[1]}", USAGE)
    if re.search(r"OSError.*(ENOSPC|\b28\b)", last):
        return _full(Path(tempfile.gettempdir()), "no space is left")
    return VirtualError(f"the weight path ended: {last}", BUG)


def _full(folder: Path, why: str) -> VirtualError:
    return VirtualError(
        f"{folder} cannot be written: {why}. Free space there, or name another folder in TMPDIR",
        USAGE,
    )


def _run(script: Path, *arguments: str) -> str:
    paths = [".frozen", str(data.wire().parent), str(data.firmware())]
    environment = dict(os.environ, MICROPYPATH=":".join(paths))
    command = [micropython(), "-X", "heapsize=8m", str(script), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise _ended((done.stdout + done.stderr).decode(errors="replace"))
    return done.stdout.decode()


def run_script(script: str) -> str:
    """What a script prints that may import the firmware; VirtualError when it fails."""
    with scratch() as folder:
        file = folder / "script.py"
        file.write_text(script, encoding="utf-8")
        return _run(file)


def weigh(streams: Sequence[Stream]) -> list[Weighed]:
    """Feed each stream to a weigher of its own; in order. About 20 000 samples a second."""
    if array("i").itemsize != 4 or sys.byteorder != "little":
        raise VirtualError("replay needs a computer with little-endian 32-bit integers")
    with scratch() as folder:
        try:
            count = _write(streams, folder)
        except OSError as error:
            raise _full(folder, error.strerror or "") from None
        _run(folder / "weigh.py", str(folder))
        table = np.frombuffer((folder / "out").read_bytes(), dtype=np.int32)
    columns = table.reshape(count, len(COLUMNS))
    found = []
    at = 0
    for stream in streams:
        part = columns[at : at + len(stream.counts)]
        found.append(Weighed(*[part[:, column] for column in range(len(COLUMNS))]))
        at += len(stream.counts)
    return found
