"""Calibration reports, their records, uncertainties of tests, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sample_records as samples
from report_reader import (
    TESTS,
    document,
    html_of,
    tables,
    texts,
)
from steelyard import cli
from steelyard.errors import UserError
from steelyard.factory import budgets, calibration_record, test_record
from steelyard.factory.reports.make import document_of
from steelyard.factory.test_record import TestRecord


def test_a_calibration_is_found_before_it_is_left() -> None:
    said = list(texts(document("calibration", "en")))
    order = [
        said.index(heading)
        for heading in (
            *("As found, before the adjustment", "Adjustment", "Gravity"),
            *("As left, after the adjustment", "Uncertainty", "In use"),
        )
    ]
    assert order == sorted(order)
    assert {"Hangzhou 杭州", "9.79345", "Harbin 哈尔滨", "9.80641"} <= set(said)
    gravity = next(text for text in said if "multiplied by g" in text)
    # metrology.md, 5.3, for Hangzhou and Harbin: 1326 millionths, 19.9 g, 4.0 e (of rounded g).
    assert "0.998678" in gravity and "+1323 millionths" in gravity and "(+4.0 e)" in gravity
    budget = next(rows for rows in tables(document("calibration", "en"))
                  if rows[0][0] == "resolution at zero")  # fmt: skip
    by_name = {row[0]: row[4] for row in budget}
    assert by_name["u(m_ref)"] == "0.47"  # the worked example's weights: M1, 15 kg
    assert float(by_name["u(E)"]) > float(by_name["u(I)"]) > float(by_name["eccentricity"])
    assert "no conformity" in " ".join(said).lower()


def test_a_calibration_without_tests_says_so() -> None:
    bare = replace(samples.calibration(), as_found="", gravity=None, check=None, weights=())
    said = "\n".join(texts(document_of(bare, "en", {})))
    assert "No errors were measured before the adjustment" in said
    assert "The record of test T-1 was not at hand" in said
    assert "No second weight was tried" in said
    assert "No correction for gravity" in said
    assert "names no weights" in said
    bad = replace(samples.calibration(), as_left="T-S")
    said = "\n".join(texts(document_of(bad, "en", {"T-S": samples.stopped()})))
    assert "Test T-S was not carried through: phases without a verdict are weighing" in said


def test_no_uncertainty_is_guessed() -> None:
    def whys(record: TestRecord) -> set[str]:
        return {one.why[0] for one in budgets.errors_of(record) if one.why}

    whole = samples.passing()
    assert whys(whole) == set()
    weighing = whole.phases[1]
    assert whys(replace(whole, phases=(weighing,))) == {"no repeatability"}
    assert whys(samples.as_found()) == {"no eccentricity"}
    assert whys(replace(whole, weights=())) == {"no row"}
    classless = tuple({**row, "class": "?"} for row in whole.weights)
    assert whys(replace(whole, weights=classless)) == {"bad row"}

    def with_pieces(marks: str) -> TestRecord:
        rows = tuple(replace(one, raw={**one.raw, "pieces": marks})
                     for one in weighing.measurements)  # fmt: skip
        phases = tuple(
            replace(phase, measurements=rows) if phase is weighing else phase
            for phase in whole.phases
        )
        return replace(whole, phases=phases)

    assert whys(with_pieces("")) == {"no pieces"}
    assert whys(with_pieces("M1 1")) == {"other load"}


def test_a_calibration_record_comes_back_as_it_was_kept() -> None:
    record = samples.calibration()
    data = calibration_record.to_json(record)
    assert calibration_record.from_json(data) == record
    assert calibration_record.to_json(calibration_record.from_json(data)) == data
    told = json.loads(data)
    for change in (
        {"form": "steelyard/test/1"},
        {"points": [{**told["points"][0], "direction": "sideways"}]},
        {"points": [{**told["points"][0], "counts": "many"}]},
        {"gravity": {**told["gravity"], "factor": "1"}},
        {"gravity": {**told["gravity"], "there": "0"}},
        {"residuals": ["NaN"]},
        {"residuals": ["1e999999999"]},  # no computer has the memory for its digits
        {"scale": {**told["scale"], "ranges": []}},
        {"weights": [3]},
        {"dut": None},
    ):
        with pytest.raises(UserError, match="no record of a calibration"):
            calibration_record.from_json(json.dumps({**told, **change}))


def test_the_command_writes_what_the_library_makes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, record in {**TESTS, "C-1": samples.calibration()}.items():
        file = tmp_path / f"{name}.json"
        kept = test_record if isinstance(record, TestRecord) else calibration_record
        file.write_text(kept.to_json(record), encoding="utf-8")  # type: ignore[arg-type]
        files.append(str(file))
    out = tmp_path / "reports"
    arguments = ["report", files[-1], files[0], files[1], "--lang", "en", "--no-pdf"]
    assert cli.run([*arguments, "--out", str(out), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)["written"]
    assert sorted(written) == sorted(str(one) for one in out.iterdir())
    assert "As left, after the adjustment" in (out / "calibration_SY-0001_C-1.en.html").read_text()
    assert (out / "test_SY-0001_T-1.en.html").read_text() == html_of("passing", "en")

    (tmp_path / "bad.json").write_bytes(b"\xff\xfe")
    for wrong in (
        [files[0], "--no-html", "--no-pdf"],
        [files[0], "--lang", "fr"],
        [str(tmp_path / "none.json")],
        [str(tmp_path / "bad.json")],
        [files[0], "--out", files[0]],
    ):
        assert cli.run(["report", *wrong]) == 2
    assert "en or zh" in capsys.readouterr().err


def test_marks_with_spaces_are_told_apart() -> None:
    rows = [{"mark": mark} for mark in ("500 g", "200 g", "200 g*", "2", "2*")]
    said = "2* 2 500 g 200 g* 200 g other"
    assert budgets.marks_of(said, rows) == ["2*", "2", "500 g", "200 g*", "200 g", "other"]
