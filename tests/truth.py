"""What is a glitch in the real recordings: a list made by a detector that may look ahead.

Owns: the decision, from the three samples on either side and from the other channels; the lists in
tests/data/*/glitches.json. It shares nothing with the firmware's guard, which decides when the
sample comes. Refuses: nothing.
Units: counts, rows (0-based); sigma of the channel at rest.

    python tests/truth.py                write the lists
    python tests/truth.py --plots DIR    draw every mark and every doubt, to be looked at

A word that was read wrongly stands alone: both its neighbourhoods agree with each other and not
with it. How far it stands off is measured from the envelope of three samples before and three
after, of which the farthest is left out (glitches come in pairs). Two witnesses are heard:

- the size. At rest a word is a glitch when it is SURE_SIGMA off the envelope and twice as far as
  the envelope is wide. In motion (envelope wider than REST_SIGMA) only a word that is more than
  MOST_COUNTS off is one: a hand that presses for one sample is no error of the bus.
- the bits. A clock that was stretched in the middle of a frame powers the chip down, and the rest
  of the word reads as ones. Twelve ones at the end below bits that agree with the neighbours come
  by chance in 1 of 4096 words; with two sigma off the envelope they are a glitch at rest, however
  small. Sixteen are one anywhere, outside of the envelope.

A knock moves the whole platform: when another channel leaves its own envelope by an eighth as much
in the same row, the size counts for nothing.

Rows that are means of several conversions (climbing) have no bits to hear. A torn word moves such
a mean by more than a hand can: there, in motion and at rest, MEAN_COUNTS decide alone.

What is left between DOUBT_SIGMA and these limits is doubtful: noise that is not Gaussian (channel
1 of the coffee pot wanders by 10 sigma of its differences), hands, small knocks, or the fewer than
twelve last bits of a torn frame. The doubtful are listed apart: a detector may mark them or not.

`rest` are the stretches without motion, rows [first, end) of at least REST_ROWS; the glitches in
them are in the list. Outside of them somebody handles the load, which is no fault either.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent / "data"
NEAR = 3  # samples on either side
SURE_SIGMA = 8.0
DOUBT_SIGMA = 4.0
REST_SIGMA = 12.0
MOST_COUNTS = 1_000_000
MEAN_COUNTS = 100_000  # a mean of eight with one word of 0x7FFFFF or shifted is more than that off
REST_ROWS = 30
KNOCK = 1 / 8
FEW_ONES, MANY_ONES = 12, 16
_WINDOW = 25  # rows of the running median that noise is measured against

COFFEE = ("2019-11-15_full_to_empty.csv", "2019-11-18_readings.csv")
CLIMBING = ("drop1.csv", "finalRecording.csv")
Channels = list[np.ndarray]


@dataclass(frozen=True)
class Mark:
    """A row of one channel. error: counts off the middle of its neighbours."""

    row: int
    error: int
    sigma: float  # counts off the envelope, in sigma
    kind: str  # ones, slip, jump; doubt


@dataclass(frozen=True)
class Finding:
    """What is known of one channel. rest: pairs of rows, the second one past the end."""

    sigma: float
    glitches: list[Mark]
    doubtful: list[Mark]
    rest: list[tuple[int, int]]


def coffee_pot(name: str) -> Channels:
    """The four cells of a recording of the coffee pot."""
    file = DATA / "cambridge-coffee-pot-hx711" / name
    table = np.genfromtxt(file, delimiter=",", skip_header=1, usecols=(1, 2, 3, 4))
    return [column.astype(np.int64) for column in table.T]


def swing() -> Channels:
    """LC1 to LC6."""
    file = DATA / "cie324-swing-hx711" / "LoadCellCalibrationData.txt"
    table = np.genfromtxt(file, delimiter=",", usecols=range(10, 16))
    return [column.astype(np.int64) for column in table.T]


def climbing(name: str) -> Channels:
    """One sensor; rows are means of several conversions where the file has fractions."""
    file = DATA / "boa-climbing-hx711" / name
    return [np.genfromtxt(file, delimiter=",", skip_header=1, usecols=1)]


def deviation(values: np.ndarray) -> float:
    """Of samples at rest: from their running median, or from their neighbours if that is more.

    Glitches and motion do not count (medians of absolute values).
    """
    windows = np.lib.stride_tricks.sliding_window_view(values, _WINDOW)
    middle = values[_WINDOW // 2 : len(values) - _WINDOW // 2]
    slow = np.median(np.abs(middle - np.median(windows, axis=1)))
    fast = np.median(np.abs(np.diff(values, 2))) / 6**0.5  # no slow swing is in it
    return float(1.4826 * max(slow, fast))


def _envelopes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest of the neighbours of each row, but for the farthest one."""
    low, high = np.empty(len(values)), np.empty(len(values))
    for row in range(len(values)):
        near = np.concatenate([values[max(0, row - NEAR) : row], values[row + 1 : row + 1 + NEAR]])
        near = np.delete(near, np.argmax(np.abs(near - np.median(near))))
        low[row], high[row] = near.min(), near.max()
    return low, high


def _ones(word: int) -> int:
    """Ones at the end of a 24-bit word."""
    return 24 if word == -1 else ((word & 0xFFFFFF) ^ ((word & 0xFFFFFF) + 1)).bit_length() - 1


def _kind(word: int, low: float, high: float, sigma: float) -> str:
    """What the bits say. low, high: what the true word may have been."""
    least, most = int(low - 3 * sigma), int(high + 3 * sigma)
    ones = _ones(word)
    if ones >= MANY_ONES or (ones >= FEW_ONES and least >> ones <= word >> ones <= most >> ones):
        return "ones"
    # From some bit on the word is the true one, 1 to 4 bits late.
    for late in range(1, 5):
        for kept in range(21 - late):
            rest = 24 - kept - late
            above = int((low + high) / 2) >> rest + late << rest + late
            if kept and (above ^ word) & 0xFFFFFF & -1 << 24 - kept:
                continue
            true = above | (word & (1 << rest) - 1) << late
            if rest >= 10 and least <= true <= most + (1 << late):
                return "slip"
    return "jump"


def _stretches(values: np.ndarray, glitches: list[Mark], sigma: float) -> list[tuple[int, int]]:
    clean = values.copy()
    for mark in glitches:
        clean[mark.row] -= mark.error
    low, high = _envelopes(clean)
    rest = high - low <= REST_SIGMA * sigma
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rest, [False]]).astype(int)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(first, end) for first, end in pairs if end - first >= REST_ROWS]


def _is_sure(off: float, width: float, sigma: float, ones: int, knock: bool) -> bool:
    """ones: at the end of a word whose other bits agree; 0 if they do not."""
    rest = width <= REST_SIGMA * sigma
    if ones >= MANY_ONES or (ones >= FEW_ONES and rest):
        return True
    least = max(SURE_SIGMA * sigma, 2 * width) if rest else max(MOST_COUNTS, width)
    return off > least and not knock


def judge(channels: Channels, means: bool = False) -> list[Finding]:
    """One finding for each channel. means: the rows are means of several conversions."""
    sigmas = [deviation(values) for values in channels]
    envelopes = [_envelopes(values) for values in channels]
    offs = []
    for values, (low, high) in zip(channels, envelopes, strict=True):
        off = np.maximum(np.maximum(low - values, values - high), 0)
        off[[0, 1, -2, -1]] = 0  # too few neighbours on one side
        offs.append(off)
    found = []
    for place, values in enumerate(channels):
        sigma, (low, high), off = sigmas[place], envelopes[place], offs[place]
        others = [other for number, other in enumerate(offs) if number != place]
        finding = Finding(sigma, [], [], [])
        for row in np.nonzero(off > 2 * sigma)[0]:
            width = high[row] - low[row]
            knock = any(other[row] > KNOCK * off[row] for other in others)
            word = int(values[row])
            kind = "jump" if means else _kind(word, low[row], high[row], sigma)
            ones = _ones(word) if kind == "ones" else 0
            sure = _is_sure(off[row], width, sigma, ones, knock)
            if means:
                sure = off[row] > MEAN_COUNTS
            error = round(float(values[row] - (low[row] + high[row]) / 2))
            times = round(float(off[row]) / sigma, 1)
            mark = Mark(int(row), error, times, kind if sure else "doubt")
            if sure:
                finding.glitches.append(mark)
            elif off[row] > max(DOUBT_SIGMA * sigma, width / 2):
                finding.doubtful.append(mark)
        finding.rest.extend(_stretches(values, finding.glitches, sigma))
        found.append(finding)
    return found


def document(titles: list[str], findings: list[Finding]) -> dict[str, object]:
    """The list of one recording as it is stored."""
    return {
        title: {
            "sigma_counts": round(finding.sigma, 1),
            "glitches": [[one.row, one.error, one.sigma, one.kind] for one in finding.glitches],
            "doubtful": [[one.row, one.error, one.sigma] for one in finding.doubtful],
            "rest": [list(pair) for pair in finding.rest],
        }
        for title, finding in zip(titles, findings, strict=True)
    }


def lists() -> dict[Path, dict[str, object]]:
    """Every list, by the file in which it is kept."""
    raws = [f"raw{number}" for number in range(4)]
    cells = [f"LC{number}" for number in range(1, 7)]
    return {
        DATA / "cambridge-coffee-pot-hx711" / "glitches.json": {
            name: document(raws, judge(coffee_pot(name))) for name in COFFEE
        },
        DATA / "cie324-swing-hx711" / "glitches.json": {
            "LoadCellCalibrationData.txt": document(cells, judge(swing()))
        },
        DATA / "boa-climbing-hx711" / "glitches.json": {
            name: document(["reading"], judge(climbing(name), means=True)) for name in CLIMBING
        },
    }


def as_text(content: dict[str, object]) -> str:
    """JSON with one mark or stretch a line."""
    text = json.dumps(content, indent=1)
    return re.sub(r"\[\s+(-?\d[^\[\]]*?)\s+\]", _on_one_line, text) + "\n"


def _on_one_line(mark: re.Match[str]) -> str:
    return "[" + re.sub(r"\s+", " ", mark[1]) + "]"


def main() -> None:
    parser = argparse.ArgumentParser(description="List the glitches of the recordings.")
    parser.add_argument("--plots", type=Path, help="folder for drawings of every mark")
    options = parser.parse_args()
    for file, content in lists().items():
        file.write_text(as_text(content))
    if options.plots:
        import truth_plots  # beside this file; needs matplotlib

        truth_plots.draw(options.plots)


if __name__ == "__main__":
    main()
