"""A stretch of raw samples: what TRACE gives, what a recording holds, as numpy arrays.

Owns: the form of a block of samples (protocol/README.md, section 5), the true sample rate of a
stretch, and the CSV form in which a trace is kept.
Refuses: with ValueError, a block that is no whole number of samples; with UserError, a file that
cannot be written.
Units: counts of the converter, milliseconds since the first sample, samples per second.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from steelyard_wire.codes import FAULT_BAD_FRAME, FAULT_NO_DATA, FAULT_NONE

from steelyard.errors import USAGE, UserError

_SAMPLE = np.dtype(
    [("low", "u1"), ("middle", "u1"), ("high", "i1"), ("fault", "u1"), ("ms", "<u2")]
)
_NOT_READ = (FAULT_NO_DATA, FAULT_BAD_FRAME)  # no conversion came with these


@dataclass(frozen=True)
class Trace:
    """Samples of one converter in the order of time.

    counts: (n,) int32. faults: (n,) uint8, codes of the fault table. times_ms: (n,) float64, of
    each sample since the first. lost: samples that the link was too slow for. rate_hz: measured.
    """

    counts: npt.NDArray[np.int32]
    faults: npt.NDArray[np.uint8]
    times_ms: npt.NDArray[np.float64]
    lost: int
    rate_hz: float

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        """(n,) which samples the driver vouches for."""
        return np.equal(self.faults, FAULT_NONE)

    @property
    def seconds(self) -> float:
        """Time from the first sample to the last."""
        return float(self.times_ms[-1] - self.times_ms[0]) / 1000 if len(self) else 0.0


def measured_rate(times_ms: npt.NDArray[np.float64], faults: npt.NDArray[np.uint8]) -> float:
    """Samples per second over the longest stretch of conversions without a gap; 0 if unknown.

    Time stamps are whole milliseconds: over a second the error is 0.1 %.
    """
    stamps = times_ms[~np.isin(faults, _NOT_READ)]
    if len(stamps) < 3:
        return 0.0
    steps = np.diff(stamps)
    # A conversion that was lost breaks a stretch, as a pause does.
    whole = steps <= 1.5 * float(np.median(steps)) + 1
    best = first = 0
    at = -1
    for index in range(len(whole) + 1):
        if index == len(whole) or not whole[index]:
            if index - first > best:
                best, at = index - first, first
            first = index + 1
    if at < 0 or stamps[at + best] <= stamps[at]:
        return 0.0
    return float(best * 1000 / (stamps[at + best] - stamps[at]))


def make(
    counts: npt.ArrayLike, faults: npt.ArrayLike, times_ms: npt.ArrayLike, lost: int = 0
) -> Trace:
    """A trace with its rate measured."""
    stamps = np.asarray(times_ms, dtype=np.float64)
    codes = np.asarray(faults, dtype=np.uint8)
    rate = measured_rate(stamps, codes)
    return Trace(np.asarray(counts, dtype=np.int32), codes, stamps, lost, rate)


def _samples(block: str) -> npt.NDArray[np.void]:
    try:
        return np.frombuffer(base64.b64decode(block, validate=True), dtype=_SAMPLE)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def block_seconds(block: str) -> float:
    """How much time a word of TRACE covers; 0 if it is damaged."""
    try:
        return float(_samples(block)["ms"].sum(dtype=np.float64)) / 1000
    except ValueError:
        return 0.0


def decode(blocks: list[str], lost: int) -> Trace:
    """The trace that the words of TRACE's PROGRESS lines carry; ValueError if they are damaged."""
    parts = [_samples(block) for block in blocks]
    samples = np.concatenate(parts) if parts else np.zeros(0, dtype=_SAMPLE)
    counts = samples["high"].astype(np.int32) << 16
    counts |= samples["middle"].astype(np.int32) << 8 | samples["low"]
    return make(counts, samples["fault"], np.cumsum(samples["ms"].astype(np.float64)), lost)


def save(trace: Trace, file: Path) -> None:
    """Write a CSV of `seconds,counts,fault`, one line a sample; UserError if it cannot be."""
    lines = ["seconds,counts,fault"]
    rows = zip(trace.times_ms, trace.counts, trace.faults, strict=True)
    lines += [f"{ms / 1000:.3f},{counts},{fault}" for ms, counts, fault in rows]
    try:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(
            USAGE, f"{file} cannot be written: {error.strerror}. Name another file"
        ) from None
