"""What temperature does to a scale, found in a log of many hours: form of the log, and the fit.

Owns: the log of a soak (CSV, one row a look), the model of its counts and its least squares.
Refuses: with UserError, a file that is no log or another terminal's; a log from which nothing can
be found, with what is missing.
Units: seconds, degrees Celsius, counts of the converter; loads in the terminal's unit.

Model: behind a thermometer the load cell's temperature T follows with one time constant, and under
a load that stays, counts = own + (zero + share * span * S) * (T - T0): `own` is of each run, for
nobody puts a load back to the count; S is the counts of the calibration's largest weight and share
the load's part of it. Everything but the time constant is linear; that one is searched for.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
import numpy.typing as npt

from steelyard.errors import REFUSED, USAGE, UserError

Floats = npt.NDArray[np.float64]

HEADER = ("device", "run", "load", "unit", "seconds", "celsius", "counts")
LEAST_K = 5.0  # of change in a log: R 76-1, 3.9.2.3 speaks of 5 K
_LEAST_ROWS = 20  # of a run that is fitted
_LAGS_S = (1.0, 36000.0)
_GRID = 24
CREEP_S = 1800.0  # R 60: a load has crept for so long


@dataclass(frozen=True)
class Row:
    """One look: mean counts under a load, beside what the thermometer said."""

    device: str
    run: int
    load: Decimal
    unit: str
    seconds: float
    celsius: float
    counts: float

    def words(self) -> list[str]:
        """As the log has it."""
        return [
            self.device,
            str(self.run),
            str(self.load),
            self.unit,
            f"{self.seconds:.1f}",
            f"{self.celsius:.2f}",
            f"{self.counts:.2f}",
        ]


def read(file: Path) -> list[Row]:
    """The rows of a log, in order; UserError with the line that is none."""
    rows: list[Row] = []
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            for number, words in enumerate(csv.reader(lines), 1):
                if number == 1:
                    if tuple(words) != HEADER:
                        raise ValueError(number)
                    continue
                try:
                    device, run, load, unit, *numbers = words
                    seconds, celsius, counts = map(float, numbers)
                    rows.append(
                        Row(device, int(run), Decimal(load), unit, seconds, celsius, counts)
                    )
                except (ValueError, InvalidOperation):
                    raise ValueError(number) from None
    except OSError as error:
        raise UserError(USAGE, f"cannot read {file}: {error.strerror}") from None
    except (ValueError, UnicodeDecodeError) as error:
        place = f"line {error}" if isinstance(error.args[0], int) else "it"
        raise UserError(
            USAGE, f"{file} is no log of `steelyard soak`: {place} is not one of its rows"
        ) from None
    return rows


def append(file: Path, row: Row) -> None:
    """Write a row at the end, at once: a log of hours must not wait for its end."""
    try:
        new = not file.exists() or not file.stat().st_size
        with file.open("a", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            if new:
                writer.writerow(HEADER)
            writer.writerow(row.words())
    except OSError as error:
        raise UserError(
            USAGE, f"cannot write {file}: {error.strerror}. What it has so far is kept"
        ) from None


@dataclass(frozen=True)
class Run:
    """A stretch of the log under one load. Arrays of n; share: the load's part of the largest
    weight of the calibration."""

    share: float
    load: str
    seconds: Floats
    celsius: Floats
    counts: Floats
    crept_s: float = CREEP_S

    def body(self, lag_s: float) -> Floats:
        """(n,) temperature of the load cell, in the first row that of the thermometer.

        Exact for a thermometer that goes straight from row to row.
        """
        before_s, air = float(self.seconds[0]), float(self.celsius[0])
        body = air
        cell = []
        # Numbers one by one are three times as fast as elements of arrays.
        for second, celsius in zip(self.seconds.tolist(), self.celsius.tolist(), strict=True):
            passed = second - before_s
            if passed:
                behind = (celsius - air) / passed * lag_s
                body = celsius - behind + (body - air + behind) * math.exp(-passed / lag_s)
            before_s, air = second, celsius
            cell.append(body)
        return np.array(cell)

    def crept(self) -> npt.NDArray[np.bool_]:
        """(n,) rows that count: under a load not those in which it still creeps."""
        if not self.share:
            return np.ones(len(self.seconds), dtype=np.bool_)
        return np.asarray(self.seconds - self.seconds[0] >= self.crept_s, dtype=np.bool_)


@dataclass(frozen=True)
class Fit:
    """What a soak says.

    zero: counts per kelvin, span: of the span per kelvin, each with its standard error (white
    noise); span 0 with error 0 if no run had a load. lag_s. coldest, warmest: of the cell, both
    without and with a load. before, after: rms of the counts about their run's mean, about the
    model.
    """

    zero: float
    zero_error: float
    span: float
    span_error: float
    lag_s: float
    coldest: float
    warmest: float
    before: float
    after: float

    @property
    def numbers(self) -> tuple[int, int, int, int, int]:
        """The arguments of CAL TEMPERATURE (protocol/README.md, section 5)."""
        return (
            round(self.zero * 1000),
            round(self.span * 1e9),
            max(1, round(self.lag_s)),
            round(self.coldest * 100),
            round(self.warmest * 100),
        )


def runs_of(rows: Iterable[Row], weight: Decimal, crept_s: float = CREEP_S) -> list[Run]:
    """The runs of a log. weight: the largest of the calibration."""
    by_run: dict[int, list[Row]] = {}
    for row in rows:
        by_run.setdefault(row.run, []).append(row)
    runs = []
    for part in by_run.values():
        seconds = np.array([row.seconds for row in part])
        if len(part) < 2 or bool((np.diff(seconds) <= 0).any()):
            continue
        runs.append(
            Run(
                float(part[0].load / weight),
                f"{part[0].load} {part[0].unit}",
                seconds,
                np.array([row.celsius for row in part]),
                np.array([row.counts for row in part]),
                crept_s,
            )
        )
    return [run for run in runs if int(run.crept().sum()) >= _LEAST_ROWS]


def fit(runs: list[Run], span_counts: float) -> Fit:
    """Least squares over all runs; UserError with what the log lacks.

    span_counts: what the largest weight of the calibration makes.
    """
    _look(runs)
    lag_s = _lag(runs, span_counts)
    longest = max(float(run.seconds[-1] - run.seconds[0]) for run in runs)
    if lag_s > longest / 2:
        raise UserError(
            REFUSED,
            f"the cell seems to need {lag_s / 60:.0f} minutes to follow, and the longest run has"
            f" {longest / 60:.0f}: log for longer, with a change of temperature in it",
        )
    left, solution, errors, bodies = _solve(runs, span_counts, lag_s)
    flat = np.concatenate([_about_mean(run.counts[run.crept()]) for run in runs])
    loaded = any(run.share for run in runs)
    coldest, warmest = _ends(runs, bodies)
    return Fit(
        zero=float(solution[0]),
        zero_error=float(errors[0]),
        span=float(solution[1]) if loaded else 0.0,
        span_error=float(errors[1]) if loaded else 0.0,
        lag_s=lag_s,
        coldest=coldest,
        warmest=warmest,
        before=float(np.sqrt(np.mean(flat**2))),
        after=float(np.sqrt(np.mean(left**2))),
    )


def _about_mean(values: Floats) -> Floats:
    return values - float(values.mean())


def _ends(runs: list[Run], bodies: list[Floats]) -> tuple[float, float]:
    """The coldest and the warmest that was seen both without and with a load, if there was one."""
    kinds = [
        np.concatenate(part)
        for part in (
            [body for body, run in zip(bodies, runs, strict=True) if bool(run.share) is loaded]
            for loaded in (False, True)
        )
        if part
    ]
    return max(float(kind.min()) for kind in kinds), min(float(kind.max()) for kind in kinds)


def _look(runs: list[Run]) -> None:
    if not [run for run in runs if not run.share]:
        raise UserError(
            REFUSED,
            f"the log has no run of {_LEAST_ROWS} rows or more without a load. Log one: leave the"
            " platform empty while the temperature changes",
        )
    for loaded in (False, True):
        part = [run for run in runs if bool(run.share) is loaded]
        if not part:
            continue
        change = max(float(np.ptp(run.celsius[run.crept()])) for run in part)
        if change < LEAST_K:
            which = "under a load" if loaded else "without a load"
            raise UserError(
                REFUSED,
                f"{which} the temperature changed by {change:.1f} K in one run at most; to say"
                f" anything {LEAST_K:g} K are needed",
            )


def _solve(
    runs: list[Run], span_counts: float, lag_s: float
) -> tuple[Floats, Floats, Floats, list[Floats]]:
    """(what is left, [zero, span, own ...], standard errors, cell's temperature by run)."""
    bodies = [run.body(lag_s)[run.crept()] for run in runs]
    counts = np.concatenate([run.counts[run.crept()] for run in runs])
    columns = [np.concatenate([body - 20 for body in bodies])]
    columns.append(
        np.concatenate(
            [(body - 20) * run.share * span_counts for body, run in zip(bodies, runs, strict=True)]
        )
    )
    for which in range(len(runs)):
        columns.append(
            np.concatenate([np.full(len(body), at == which) for at, body in enumerate(bodies)])
        )
    model = np.column_stack(columns).astype(np.float64)
    # Columns of one size: else those of the span decide alone what counts as zero.
    size = np.linalg.norm(model, axis=0)
    size[size == 0] = 1.0
    solution, *_ = np.linalg.lstsq(model / size, counts, rcond=None)
    left = counts - model / size @ solution
    free = max(1, len(counts) - int(np.linalg.matrix_rank(model / size)))
    spread = np.linalg.pinv((model / size).T @ (model / size)) * float(left @ left) / free
    return left, solution / size, np.sqrt(np.diag(spread)) / size, bodies


def _lag(runs: list[Run], span_counts: float) -> float:
    """The time constant with the least squares: a grid, then ever finer about its best."""
    low, high = map(math.log, _LAGS_S)
    best = low
    for _ in range(4):
        grid = np.linspace(low, high, _GRID)
        squares = []
        for lag in grid:
            left = _solve(runs, span_counts, math.exp(lag))[0]
            squares.append(float(left @ left))
        at = int(np.argmin(squares))
        best = float(grid[at])
        low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, _GRID - 1)])
    return math.exp(best)
