"""The fit of a soak finds what a simulated cell has, and says what a log lacks."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from steelyard import soak
from steelyard.errors import REFUSED, USAGE, UserError

_SPAN = 3221225.0  # counts of 15 kg
_WEIGHT = Decimal("15.000")
_E = _SPAN / 3000


def log(
    zero: float,
    span: float,
    lag_s: float,
    loads: tuple[str, ...] = ("0", "15.000"),
    air: tuple[float, ...] = (20.0, 35.0, 5.0, 20.0),
    each_s: int = 3600,
    noise: float = 5.0,
    seed: int = 1,
) -> list[soak.Row]:
    """A look every minute; the thermometer has a noise of 0.05 K, the body behind it the exact
    answer of a first-order lag to air that changes at once."""
    chance = random.Random(seed)
    rows = []
    for run, load in enumerate(loads, 1):
        body = air[0]
        share = float(Decimal(load) / _WEIGHT)
        own = chance.uniform(-100, 100)  # nobody puts it back to the count
        second = 0
        for celsius in air:
            for _ in range(each_s // 60):
                counts = 100000 + own + share * _SPAN
                counts += (zero + span * share * _SPAN) * (body - 20)
                rows.append(
                    soak.Row(
                        "TEST",
                        run,
                        Decimal(load),
                        "kg",
                        float(second),
                        celsius + chance.gauss(0, 0.05),
                        counts + chance.gauss(0, noise),
                    )
                )
                body = celsius + (body - celsius) * math.exp(-60 / lag_s)
                second += 60
    return rows


def found_in(rows: list[soak.Row]) -> soak.Fit:
    return soak.fit(soak.runs_of(rows, _WEIGHT), _SPAN)


@settings(max_examples=12, deadline=None)
@given(
    st.floats(-600, 600),  # counts in a kelvin: 0.9 e in 5 K at 200
    st.floats(-100e-6, 100e-6),
    st.floats(300, 1800),
    st.integers(0, 1000),
)
def test_zero_span_and_lag_are_those_of_the_cell(
    zero: float, span: float, lag_s: float, seed: int
) -> None:
    found = found_in(log(zero, span, lag_s, seed=seed))
    # White noise of 5 counts in 240 looks at some 11 K rms: 0.03 counts in a kelvin, and the
    # thermometer's own noise and that it goes in steps between two looks are about 1 %.
    assert abs(found.zero - zero) < 1 + 0.02 * abs(zero)
    assert abs(found.span - span) < (1 + 0.02 * abs(zero)) / _SPAN * 2 + 0.02 * abs(span)
    # When the air changed is known to a look: 30 s of 300 are a tenth of 30 K, for some minutes.
    assert found.after < max(0.1 * _E, 0.05 * found.before)
    if abs(zero) + abs(span) * _SPAN > 100:
        assert abs(found.lag_s - lag_s) < 0.1 * lag_s + 30


def test_the_body_follows_a_ramp_as_a_first_order_lag_does() -> None:
    # By hand: y = u - r tau (1 - exp(-t / tau)) behind a ramp of r from rest.
    seconds = [0.0, 60.0, 600.0, 3000.0]
    run = soak.runs_of(
        [soak.Row("T", 1, Decimal(0), "kg", s, 20 + s / 100, 0.0) for s in range(0, 3001, 60)],
        _WEIGHT,
    )[0]
    body = run.body(300.0)
    for s, wanted in zip(seconds, (20.0, 20.0562, 23.4060, 47.0001), strict=True):
        assert body[int(s) // 60] == pytest.approx(wanted, abs=2e-4)


def test_zero_alone_leaves_the_span_alone() -> None:
    found = found_in(log(60.0, 80e-6, 600.0, loads=("0",)))
    assert found.zero == pytest.approx(60.0, abs=2) and found.span == found.span_error == 0
    assert found.numbers[1] == 0


def test_the_range_is_what_was_seen_without_and_with_a_load() -> None:
    cold = log(60.0, 80e-6, 300.0, loads=("0",), air=(20.0, 5.0, 20.0))
    warm = log(60.0, 80e-6, 300.0, loads=("15.000",), air=(20.0, 35.0, 10.0))
    rows = cold + [soak.Row(**{**vars(row), "run": 2}) for row in warm]
    found = found_in(rows)
    assert found.coldest == pytest.approx(10, abs=0.3)
    assert found.warmest == pytest.approx(20, abs=0.3)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "no run of 20 rows or more without a load"),
        (log(60, 0, 600, loads=("15.000",)), "no run of 20 rows or more without a load"),
        (log(60, 0, 600, air=(20.0, 23.0)), "changed by 3.* K in one run at most"),
        (
            log(60, 0, 600, loads=("0",)) + log(60, 0, 600, air=(20.0, 20.0))[120:],
            "under a load the temperature changed by 0.* K",
        ),
        (log(60, 0, 36000, air=(20.0, 35.0), loads=("0",)), "log for longer"),
    ],
)
def test_what_a_log_lacks_is_said(rows: list[soak.Row], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        found_in(rows)
    assert caught.value.exit_code == REFUSED


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "soak.csv"
    rows = log(60.0, 80e-6, 600.0, each_s=120)
    for row in rows:
        soak.append(file, row)
    again = soak.read(file)
    assert len(again) == len(rows)
    assert all(a.run == b.run and a.load == b.load for a, b in zip(again, rows, strict=True))
    assert max(abs(a.counts - b.counts) for a, b in zip(again, rows, strict=True)) <= 0.005001


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", None),
        ("seconds,counts,fault\n", "line 1"),
        (",".join(soak.HEADER) + "\nTEST,1,0,kg,1.0,20.0\n", "line 2"),
        (
            ",".join(soak.HEADER) + "\nTEST,1,0,kg,1.0,20.0,5\nTEST,1,zero,kg,2.0,20.0,5\n",
            "line 3",
        ),
        ("\xff", "it"),
    ],
)
def test_a_file_that_is_no_log_is_named(tmp_path: Path, text: str, place: str | None) -> None:
    file = tmp_path / "soak.csv"
    file.write_bytes(text.encode("latin-1"))
    if place is None:
        assert soak.read(file) == []
        return
    with pytest.raises(UserError, match=f"is no log .*: {place}") as caught:
        soak.read(file)
    assert caught.value.exit_code == USAGE
