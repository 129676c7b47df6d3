"""Reports read back: every page of a PDF, every tag of the HTML, and what nobody may miss."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
import sample_records as samples
from hypothesis import given, settings
from hypothesis import strategies as some
from steelyard import cli
from steelyard.errors import UserError
from steelyard.factory import budgets, calibration_record, test_record
from steelyard.factory.measurement import Limits, Measurement
from steelyard.factory.reports import names, render, words
from steelyard.factory.reports.document import (
    GOOD,
    Document,
    Figures,
    Table,
    Verdict,
    plain,
    printable,
)
from steelyard.factory.reports.figures import Numbers
from steelyard.factory.reports.make import document_of, reports_of
from steelyard.factory.reports.test_report import verdict
from steelyard.factory.reports.words_calibration import CALIBRATION
from steelyard.factory.test_record import PhaseRecord, TestRecord

_TESTS = {"T-1": samples.passing(), "T-A": samples.as_found()}
_RECORDS = {
    "passing": samples.passing(),
    "type": samples.type_test(),
    "failing": samples.failing(),
    "stopped": samples.stopped(),
    "calibration": samples.calibration(),
}
_HTML_VOID = {"meta", "br", "hr", "img"}
# Letters that are the same in Chinese: symbols, names of rules, of units and of the font's file.
_SAME = set(
    "OIML EURAMET cg Max Min III UTC kg mV SHA TEST mpe Tol sin min max ref eff "
    "Ec Steelyard M1 SY hPa virtual".split()
)


@cache
def _document(name: str, language: str) -> Document:
    return document_of(_RECORDS[name], language, _TESTS)


@cache
def _pdf(name: str, language: str) -> bytes:
    return render.pdf(_document(name, language))


@cache
def _html(name: str, language: str) -> str:
    return render.html(_document(name, language)).decode()


def _text(page: pdfium.PdfPage) -> str:
    """The text of a page without what only breaks lines."""
    found = page.get_textpage().get_text_range()
    return re.sub(r"[\s\u200b\ufffe\u00ad]+", "", found)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


class _Reader(HTMLParser):
    """Texts and tags of a page; an unclosed tag is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [
            value or ""
            for name, value in attrs
            if name in ("src", "href", "xlink:href", "data", "action")
        ]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in _HTML_VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name.endswith("href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


def _texts(document: Document) -> Iterator[str]:
    """Every text of a document but the drawings."""

    def walk(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            for one in value:
                yield from walk(one)
        elif isinstance(value, dict):
            for name, one in value.items():
                if name not in ("svg", "kind", "tone", "language"):
                    yield from walk(one)

    yield from walk(plain(document))


def _tables(document: Document) -> list[list[list[str]]]:
    return [
        [[cell.text for cell in row] for row in block.rows]
        for block in document.blocks
        if isinstance(block, Table)
    ]


def _verdict(record: TestRecord, language: str = "en") -> Verdict:
    return verdict(record, words.speaker(language))


def test_both_languages_have_every_sentence_with_the_same_gaps() -> None:
    assert not set(words.GENERAL) & set(CALIBRATION)
    for table in (words.WORDS, names.NAMES):
        for key, (english, chinese) in table.items():
            assert english and chinese
            gaps = [sorted(set(re.findall(r"\{\d\}", text))) for text in (english, chinese)]
            assert gaps[0] == gaps[1], key


@pytest.mark.parametrize("name", _RECORDS)
def test_no_english_is_left_in_a_chinese_report(name: str) -> None:
    record = _RECORDS[name]
    known = set(re.findall(r"[A-Za-z]{2,}", " ".join([*record.dut.values(), *_free(record)])))
    left = set()
    for text in _texts(_document(name, "zh")):
        left |= set(re.findall(r"[A-Za-z]{2,}", text)) - known - _SAME
    assert left == set()


def _free(record: object) -> list[str]:
    """What people wrote in the samples; it stays in their language."""
    whole = (
        test_record.to_json(record)
        if isinstance(record, TestRecord)
        else calibration_record.to_json(record)  # type: ignore[arg-type]
    )
    found = json.loads(whole)
    wrote = [*found["station"].values(), found["id"], *found.get("plan", {}).values()]
    wrote += found.get("rules", {}).values()
    for phase in found.get("phases", []):
        wrote.append(phase["why"])
        wrote += ["electronics Electronics of the future unknown rule colour lumen there is no"]
    for row in found["weights"]:
        wrote += row.values()
    gravity = found.get("gravity") or {}
    return [*wrote, *map(str, gravity.values())]


@pytest.mark.parametrize(
    ("name", "language"),
    [("type", "en"), ("type", "zh"), ("failing", "en"), ("stopped", "zh"), ("calibration", "zh")],
)
def test_every_page_of_a_pdf(name: str, language: str) -> None:
    document = _document(name, language)
    data = _pdf(name, language)
    assert b"pdfaid" in data  # says that it is PDF/A
    read = pdfium.PdfDocument(data)
    whole = ""
    for number, page in enumerate(read, 1):
        text = _text(page)
        whole += text
        assert "\ufffd" not in text and "\x00" not in text
        for on_each in (document.running, *document.warnings):
            assert _squeezed(on_each) in text
        assert _squeezed(document.page.format(number, len(read))) in text
        grey = page.render(scale=0.4, grayscale=True).to_numpy()
        assert 0.005 < float((grey < 200).mean()) < 0.4
        # Nothing in the margins: nothing was cut.
        assert grey[:, :8].min() > 200 and grey[:, -8:].min() > 200 and grey[-8:].min() > 200
        for one in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=5):
            font = pdfium_c.FPDFTextObj_GetFont(one.raw)
            assert pdfium_c.FPDFFont_GetIsEmbedded(font) == 1
    # Alternative texts of drawings are in no page's text.
    drawn = [one.caption for block in document.blocks if isinstance(block, Figures)
             for one in block.figures]  # fmt: skip
    gone = {one for one in _texts(document) if _squeezed(one) not in whole}
    assert gone - {*drawn, document.page} == set()
    if language == "zh":
        assert re.search(r"[\u4e00-\u9fff]{4}", whole)


@pytest.mark.parametrize(("name", "language"), [("type", "zh"), ("calibration", "en")])
def test_an_html_report_is_whole_and_loads_nothing(name: str, language: str) -> None:
    document, page = _document(name, language), _html(name, language)
    reader = _Reader(page)
    assert not reader.tags & {"script", "link", "iframe", "object", "form", "img"}
    assert all(link.startswith("#") for link in reader.links)
    assert not re.search(r"url\((?!data:font/ttf|#)", page)
    text = _squeezed(reader.text)
    for one in _texts(document):
        if one != document.page and one not in ("figure",):
            assert _squeezed(one) in text or f'aria-label="{one}"' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    uses = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([^)]+)\)", page))
    assert uses <= set(ids)


def test_the_same_record_gives_the_same_bytes_in_any_thread() -> None:
    record = samples.failing()
    first = reports_of(record, ["zh"])
    assert [media for _, media, _ in first] == ["text/html", "application/pdf"]
    assert [name for name, _, _ in first] == [
        "test_SY-0001_T-F.zh.html",
        "test_SY-0001_T-F.zh.pdf",
    ]
    with ThreadPoolExecutor(2) as threads:
        again = list(threads.map(lambda _: reports_of(record, ["zh"]), range(2)))
    assert again == [first, first]
    assert b"2025" in first[1][2]  # of the record, whatever the year is


def test_matplotlib_is_as_it_was() -> None:
    import sys

    import matplotlib

    before = dict(matplotlib.rcParams)
    samples_document = document_of(samples.failing(), "zh", {})
    assert samples_document.blocks
    assert dict(matplotlib.rcParams) == before
    assert "zhplot" not in sys.modules


def test_the_verdict_of_each_kind_of_test() -> None:
    assert _document("passing", "en").blocks[0] == _verdict(samples.passing())
    assert _verdict(samples.passing()).text == "PASSED"
    assert _verdict(samples.passing(), "zh").text == "合格"
    assert _verdict(samples.type_test()).text.startswith("FAILED at the factory limit, passed")
    assert _verdict(samples.failing()).text == "FAILED"
    assert _verdict(samples.stopped()).text.startswith("NOT COMPLETE")
    assert _verdict(samples.record()).tone != GOOD


_good = samples.weighing()
_PARTS = {
    "good": _good,
    "stopped": replace(_good, stopped=True),
    "broken": replace(_good, why="the cable was pulled"),
    "short": replace(_good, measurements=_good.measurements[:-1]),
    "empty": replace(_good, measurements=()),
    "off": samples.eccentricity(Fraction(6, 1000)),
    "guarded": samples.eccentricity(Fraction(4, 1000)),
    "unknown": samples.numbers(),
}


@settings(max_examples=40, deadline=None)
@given(some.lists(some.sampled_from(sorted(_PARTS)), max_size=4))
def test_only_what_passed_at_both_limits_looks_passed(parts: list[str]) -> None:
    record = samples.record(*(_PARTS[part] for part in parts))
    found = _verdict(record)
    assert (found.tone == GOOD) == record.passes(guarded=True)
    assert (found.text == "PASSED") == (bool(parts) and set(parts) == {"good"})


def test_what_is_missing_is_named_and_nothing_beside_it_is_green() -> None:
    document = _document("stopped", "en")
    said = "\n".join(_texts(document))
    assert "Declared and never measured: up 5, up 7.5" in said
    assert "The phase was stopped before its end" in said
    assert "The phase ended early: the terminal at socket://127.0.0.1:4590" in said
    assert "13 of 18 not measured" in said
    weighed = [
        block for block in document.blocks if isinstance(block, Table) and "load L" in str(block)
    ]
    # The zero phase passed; the two that did not end have passes in brackets.
    tones = [{cell.tone for row in block.rows for cell in row} for block in weighed]
    assert tones[0] == {"", GOOD} and all(GOOD not in of_table for of_table in tones[1:])


def test_each_phase_has_the_header_of_r76_2_and_both_limits() -> None:
    said = list(_texts(_document("type", "en")))
    for label in (
        *("Application no.", "Type designation", "Date", "Observer", "e", "Zero-tracking"),
        *("Resolution during test", "Temperature", "Relative humidity", "Time (UTC)"),
    ):
        assert said.count(label) >= 9
    record = samples.type_test()
    assert f"Rules {record.rules['version']}, digest {record.rules['digest']}." in said
    assert any("simple acceptance" in text for text in said)
    assert any("guard band" in text and "70 %" in text and "80 %" in text for text in said)
    assert "TEST KEY: its signatures prove nothing" in said
    assert "VIRTUAL TERMINAL: no real instrument" in said
    row = next(row for table in _tables(_document("type", "en")) for row in table
               if row[0] == "up 12.5")  # fmt: skip
    # 12.5 kg and 1.25 g: 1.5 g more make the indication one e more, so E = 2.5 - 1.5 g.
    assert row == ["up 12.5", "12.5", "12.5", "1.5", "+1.00", "+1.00", "±7.5", "±5.25",
                   "pass", "pass"]  # fmt: skip


def test_the_golden_vectors_of_r76() -> None:
    # metrology.md, 1.10: creep of 0, 0.5, 1.0, 1.0 g within 2.5 g, none from 15 to 30 min.
    table = next(rows for rows in _tables(_document("type", "en")) if rows[0][0] == "0 min")
    assert [row[6] for row in table[:5]] == ["0.00", "+0.50", "+1.00", "+1.00", "0.00"]
    assert [row[7] for row in table[3:5]] == ["±2.5", "±1"]
    # Repeatability: 2.5 and 3.0 g give 7.5000 and 7.4995 kg, a spread of 0.5 g.
    errors = "0 -0.0005"
    spread = Measurement("spread", "spread", "3.6.1", {"errors": errors, "load": "7.5"})
    document = document_of(samples.record(samples.phase("repeatability", "", [spread])), "en", {})
    row = next(row for rows in _tables(document) for row in rows if row[0] == "spread")
    assert row[1:5] == ["7.5", "2", "0.00  -0.50", "+0.50"]


def test_a_value_that_rounding_would_let_pass_is_printed_whole() -> None:
    numbers = Numbers.of(samples.SCALE)
    limits = Limits.of(samples.SCALE.mpe(Fraction(1)))
    assert numbers.judged(Fraction("0.0025"), limits) == "+2.50"
    assert numbers.judged(Fraction("0.0025001"), limits) == "2.5001"
    assert numbers.judged(Fraction("0.0017501"), limits) == "1.7501"
    assert numbers.judged(Fraction("0.0020001"), limits) == "+2.00"


def test_other_verdicts_in_the_record_and_other_rules_are_said() -> None:
    told = json.loads(test_record.to_json(samples.passing()))
    told["phases"][1]["measurements"][1]["value"] = "0.001"
    told["rules"]["digest"] = "0123456789abcdef"
    record = test_record.from_json(json.dumps(told))
    said = "\n".join(_texts(document_of(record, "en", {})))
    assert "Computed again, 1 values differ" in said and "weighing: up 0.1: value was" in said
    assert "the record was judged with others" in said
    assert "differ" not in "\n".join(_texts(_document("passing", "en")))


_people = some.text(
    some.one_of(
        some.sampled_from("<>&#*_$\"'\\`@[]{}()=~^/%|-+ 王伟重量é\u200b\u202e\x00\ud800😀\n"),
        some.characters(),
    ),
    min_size=1,
    max_size=30,
)
_ATTACK = (
    '</td><script>alert(1)</script> #let x = [*_$"\\u{0}"] {{7*7}} {% raw %} 王 $\\frac 1 2$ '
)


def _written(text: str) -> TestRecord:
    """A record with this text wherever people and programs may write one."""
    odd = Measurement(text, "a rule " + text, text, {text: text, "value": text})
    drawn = [
        samples.error(f"{text} {load}", Fraction(load), Fraction(0), tare=text)
        for load in (1, 2, 5)
    ]
    phases = [
        PhaseRecord(text, text, text, 0.0, 1e18, (text, "never " + text), (odd,), text, True),
        samples.phase("tare", text, drawn),
    ]
    made = samples.record(*phases, plan=text, name=text)
    dut = {**samples.DUT, "serial": text, text: text, "type": text}
    weights = ({"id": text, "nominal": text, text: text},)
    station = {"operator": text, text: text}
    return replace(made, dut=dut, station=station, weights=weights, conditions={text: text})


def _check_html(text: str) -> None:
    document = document_of(_written(text), "en", {})
    reader = _Reader(render.html(document).decode())
    assert "script" not in reader.tags
    assert _squeezed(printable(text)) in _squeezed(reader.text)


@settings(max_examples=5, deadline=None)
@given(_people)
def test_what_people_write_is_text_in_html(text: str) -> None:
    _check_html(text)


@settings(max_examples=8, deadline=None)
@given(_people)
def test_what_people_write_is_text_in_a_pdf(text: str) -> None:
    read = pdfium.PdfDocument(render.pdf(document_of(_written(text), "zh", {})))
    assert len(read) >= 1


@pytest.mark.parametrize("text", [_ATTACK, "S" * 300, "重" * 200, "a b " * 80])
def test_long_and_hostile_texts(text: str) -> None:
    _check_html(text)
    read = pdfium.PdfDocument(render.pdf(document_of(_written(text), "zh", {})))
    whole = "".join(_text(page) for page in read)
    assert _squeezed(printable(text))[:20] in whole
    for page in read:
        grey = page.render(scale=0.4, grayscale=True).to_numpy()
        assert grey[:, -8:].min() > 200  # nothing runs out of the page


def test_a_calibration_is_found_before_it_is_left() -> None:
    said = list(_texts(_document("calibration", "en")))
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
    budget = next(rows for rows in _tables(_document("calibration", "en"))
                  if rows[0][0] == "resolution at zero")  # fmt: skip
    by_name = {row[0]: row[4] for row in budget}
    assert by_name["u(m_ref)"] == "0.47"  # the worked example's weights: M1, 15 kg
    assert float(by_name["u(E)"]) > float(by_name["u(I)"]) > float(by_name["eccentricity"])
    assert "no conformity" in " ".join(said).lower()


def test_a_calibration_without_tests_says_so() -> None:
    bare = replace(samples.calibration(), as_found="", gravity=None, check=None, weights=())
    said = "\n".join(_texts(document_of(bare, "en", {})))
    assert "No errors were measured before the adjustment" in said
    assert "The record of test T-1 was not at hand" in said
    assert "No second weight was tried" in said
    assert "No correction for gravity" in said
    assert "names no weights" in said
    bad = replace(samples.calibration(), as_left="T-S")
    said = "\n".join(_texts(document_of(bad, "en", {"T-S": samples.stopped()})))
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
    assert whys(with_pieces("M1-1")) == {"other load"}


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
    for name, record in {**_TESTS, "C-1": samples.calibration()}.items():
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
    assert (out / "test_SY-0001_T-1.en.html").read_text() == _html("passing", "en")

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
