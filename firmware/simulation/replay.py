"""Recorded counts, played through the chip model at the times at which they were taken.

Owns: a list of (seconds, counts) and where it is being played. Refuses: files without two numbers
a line, times that do not rise, counts beyond 24 bits.
Units: seconds of the recording, microseconds of board time, signed 24-bit counts.

File form: text, one `seconds counts` a line, `#` comments. Gaps and glitches stay in: between two
samples of the recording the converter has no new conversion. Recordings that were binned (means of
several conversions) are replayed as what they are: one conversion for each row, its mean rounded
to an integer, at the time that the file gives it; such a stream has less noise than the converter
had.
"""

from __future__ import annotations

from pathlib import Path


class ReplayError(ValueError):
    """A recording that cannot be played; the message says where."""


def load(path: Path) -> list[tuple[float, int]]:
    """The samples of a recording, in order of time."""
    samples: list[tuple[float, int]] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            seconds, counts = text.split()
            sample = (float(seconds), int(counts))
        except ValueError:
            raise ReplayError(f"{path.name}:{number}: two numbers are needed: seconds counts")
        if not -0x800000 <= sample[1] <= 0x7FFFFF:
            raise ReplayError(f"{path.name}:{number}: {sample[1]} is beyond 24 bits")
        if samples and sample[0] <= samples[-1][0]:
            raise ReplayError(f"{path.name}:{number}: the time does not rise")
        samples.append(sample)
    if not samples:
        raise ReplayError(f"{path.name}: no samples")
    return samples


class Replay:
    """Plays samples; the first is the conversion that ends next."""

    def __init__(self, samples: list[tuple[float, int]]) -> None:
        self._samples = samples
        self._start_us = 0
        self.position = 0

    @property
    def done(self) -> bool:
        """Whether the recording is at its end."""
        return self.position >= len(self._samples)

    @property
    def left(self) -> int:
        """Samples that are still to come."""
        return len(self._samples) - self.position

    def convert(self, at_us: int) -> tuple[int, int]:
        """(counts of the conversion that ends at `at_us`, end of the next; 0 after the last)."""
        seconds, counts = self._samples[self.position]
        if self.position == 0:
            self._start_us = at_us
        self.position += 1
        if self.done:
            return counts, 0
        after = self._samples[self.position][0] - self._samples[0][0]
        return counts, max(self._start_us + round(after * 1e6), at_us + 1)
