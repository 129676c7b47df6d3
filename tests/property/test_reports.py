"""Reports as files: every page of a PDF, every tag of the HTML, in both languages."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
import sample_records as samples
from hypothesis import given, settings
from hypothesis import strategies as some
from report_reader import (
    RECORDS,
    Reader,
    document,
    html_of,
    page_text,
    pdf_of,
    squeezed,
    texts,
)
from steelyard.factory import calibration_record, test_record
from steelyard.factory.measurement import Measurement
from steelyard.factory.reports import names, render, words
from steelyard.factory.reports.document import Figures, printable
from steelyard.factory.reports.make import document_of, reports_of
from steelyard.factory.reports.words_calibration import CALIBRATION
from steelyard.factory.test_record import PhaseRecord, TestRecord

# Letters that are the same in Chinese: symbols, names of rules, of units and of the font's file.
_SAME = set(
    "OIML EURAMET cg Max Min III UTC kg mV SHA TEST mpe Tol sin min max ref eff "
    "Ec Steelyard M1 SY hPa virtual".split()
)


def test_both_languages_have_every_sentence_with_the_same_gaps() -> None:
    assert not set(words.GENERAL) & set(CALIBRATION)
    for table in (words.WORDS, names.NAMES):
        for key, (english, chinese) in table.items():
            assert english and chinese
            gaps = [sorted(set(re.findall(r"\{\d\}", text))) for text in (english, chinese)]
            assert gaps[0] == gaps[1], key


@pytest.mark.parametrize("name", RECORDS)
def test_no_english_is_left_in_a_chinese_report(name: str) -> None:
    record = RECORDS[name]
    known = set(re.findall(r"[A-Za-z]{2,}", " ".join([*record.dut.values(), *_free(record)])))
    left = set()
    for text in texts(document(name, "zh")):
        left |= set(re.findall(r"[A-Za-z]{2,}", text)) - known - _SAME - {"ab" * 8}
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
    made = document(name, language)
    data = pdf_of(name, language)
    assert b"pdfaid" in data  # says that it is PDF/A
    read = pdfium.PdfDocument(data)
    whole = ""
    for number, page in enumerate(read, 1):
        text = page_text(page)
        whole += text
        assert "\ufffd" not in text and "\x00" not in text
        for on_each in (made.running, *made.warnings):
            assert squeezed(on_each) in text
        assert squeezed(made.page.format(number, len(read))) in text
        grey = page.render(scale=0.4, grayscale=True).to_numpy()
        assert 0.005 < float((grey < 200).mean()) < 0.4
        # Nothing in the margins: nothing was cut.
        assert grey[:, :8].min() > 200 and grey[:, -8:].min() > 200 and grey[-8:].min() > 200
        for one in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=5):
            font = pdfium_c.FPDFTextObj_GetFont(one.raw)
            assert pdfium_c.FPDFFont_GetIsEmbedded(font) == 1
    # Alternative texts of drawings are in no page's text.
    drawn = [one.caption for block in made.blocks if isinstance(block, Figures)
             for one in block.figures]  # fmt: skip
    gone = {one for one in texts(made) if squeezed(one) not in whole}
    assert gone - {*drawn, made.page} == set()
    if language == "zh":
        assert re.search(r"[\u4e00-\u9fff]{4}", whole)


@pytest.mark.parametrize(("name", "language"), [("type", "zh"), ("calibration", "en")])
def test_an_html_report_is_whole_and_loads_nothing(name: str, language: str) -> None:
    made, page = document(name, language), html_of(name, language)
    reader = Reader(page)
    assert not reader.tags & {"script", "link", "iframe", "object", "form", "img"}
    assert all(link.startswith("#") for link in reader.links)
    assert not re.search(r"url\((?!data:font/ttf|#)", page)
    text = squeezed(reader.text)
    for one in texts(made):
        if one != made.page and one not in ("figure",):
            assert squeezed(one) in text or f'aria-label="{one}"' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    uses = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([^)]+)\)", page))
    assert uses <= set(ids)


def test_the_same_record_gives_the_same_bytes_in_any_thread() -> None:
    record = samples.stopped()
    first = reports_of(record, ["zh"])
    assert [media for _, media, _ in first] == ["text/html", "application/pdf"]
    assert [name for name, _, _ in first] == [
        "test_SY-0001_T-S.zh.html",
        "test_SY-0001_T-S.zh.pdf",
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
    made = document_of(_written(text), "en", {})
    reader = Reader(render.html(made).decode())
    assert "script" not in reader.tags
    assert squeezed(printable(text)) in squeezed(reader.text)


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
    whole = "".join(page_text(page) for page in read)
    assert squeezed(printable(text))[:20] in whole
    for page in read:
        grey = page.render(scale=0.4, grayscale=True).to_numpy()
        assert grey[:, -8:].min() > 200  # nothing runs out of the page
