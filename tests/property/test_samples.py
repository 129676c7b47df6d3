"""Recordings of all kinds: what their columns mean, and what is said of those without meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from steelyard.errors import USAGE, UserError
from steelyard.samples import load
from steelyard.trace import make, save
from steelyard_wire import codes

DATA = Path(__file__).resolve().parents[1] / "data"


def written(folder: Path, text: str) -> Path:
    file = folder / "x.csv"
    file.write_text(text, encoding="utf-8")
    return file


def rows(form: str, step: float = 0.0125, count: int = 40) -> str:
    return "".join(form.format(t=n * step, c=1000 + n, n=n) + "\n" for n in range(count))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("seconds,counts\n" + rows("{t:.4f},{c}"), ""),
        ("time,raw reading\n" + rows("{t:.4f},{c}.25"), ""),
        ("epoch_s,raw0,raw1,weight_g\n" + rows("{t:.4f},7,{c},1.5"), "raw1"),
        ("weight;COUNTS;ms\n" + rows("1.5;{c};{n}", 1) + "", "counts"),
        (rows("{t:.4f},{c}"), ""),
        (rows("{t:.4f} {c}"), ""),
        ("# by hand\n\n" + rows("{t:.4f}\t{c}"), ""),
        (rows("{t:.4f},0.5,-3,{c},9"), "4"),
    ],
)
def test_the_counts_are_found_whatever_the_form(text: str, column: str, tmp_path: Path) -> None:
    found = load(written(tmp_path, text), column)
    assert found.counts.tolist() == list(range(1000, 1040))
    assert set(found.faults) == {codes.FAULT_NONE}


def test_times_are_seconds_or_milliseconds_or_a_rate(tmp_path: Path) -> None:
    fast = load(written(tmp_path, rows("{t:.4f},{c}")))
    assert fast.rate_hz == pytest.approx(80) and fast.times_ms[-1] == pytest.approx(39 * 12.5)
    slow = load(written(tmp_path, rows("{t:.0f},{c}", 100)))  # 100 ms apart
    assert slow.rate_hz == pytest.approx(10)
    told = load(written(tmp_path, "counts\n" + rows("{c}")), rate_hz=20)
    assert told.rate_hz == pytest.approx(20) and told.times_ms[-1] == pytest.approx(39 * 50)
    assert load(written(tmp_path, rows("{t:.4f},{c}")), rate_hz=10).rate_hz == pytest.approx(10)


def test_what_we_save_is_what_we_read(tmp_path: Path) -> None:
    faults = np.zeros(50, dtype=int)
    faults[7] = codes.FAULT_NO_DATA
    trace = make(np.arange(50) - 25, faults, np.arange(50) * 100)
    save(trace, tmp_path / "kept.csv")
    again = load(tmp_path / "kept.csv")
    for name in ("counts", "faults", "times_ms"):
        assert getattr(again, name).tolist() == getattr(trace, name).tolist()
    assert again.rate_hz == pytest.approx(10)


def test_words_at_the_ends_are_overload_and_underload(tmp_path: Path) -> None:
    found = load(written(tmp_path, rows("{t:.4f},{c}") + "0.5,8388607\n0.5125,-8388608\n"))
    assert found.faults[-2:].tolist() == [codes.FAULT_OVERLOAD, codes.FAULT_UNDERLOAD]


@pytest.mark.parametrize(
    ("file", "column", "rate", "length"),
    [
        # SOURCE.md: 80 samples a second in bins of 12.5 ms; 10 a second; 10 a second by its name
        ("boa-climbing-hx711/drop1.csv", "", 80.0, 20844),
        ("cie324-swing-hx711/LoadCellCalibrationData.txt", "11", 10.0, 1324),
        ("cambridge-coffee-pot-hx711/2019-11-18_readings.csv", "raw2", 9.5, 3701),
    ],
)
def test_real_recordings(file: str, column: str, rate: float, length: int) -> None:
    found = load(DATA / file, column)
    assert len(found) == length and found.rate_hz == pytest.approx(rate, rel=0.06)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", "", "is empty"),
        ("seconds,counts\n0,1\n", "", "at least 16 rows"),
        (rows("{t:.4f},{c}") + "1,2,3\n", "", "not a table"),
        (rows("{t:.4f},{c},5"), "", "say which one holds the counts"),
        (rows("{t:.4f},{c}"), "7", "its columns are 1 to 2"),
        ("seconds,a,b\n" + rows("{t:.4f},{c},5"), "c", "seconds, a, b"),
        ("counts\n" + rows("{c}"), "", "--rate 80"),
        (rows("{t:.4f},{c}e9"), "", "not the counts of a converter"),
        (rows("{t:.4f},{c}") + "0.6,x\n", "", "no number"),
    ],
)
def test_what_is_no_recording_is_told(text: str, column: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words) as refused:
        load(written(tmp_path, text), column)
    assert refused.value.exit_code == USAGE
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path / "missing.csv")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(UserError, match="no text"):
        load(tmp_path / "picture.png")
