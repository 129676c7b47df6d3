"""The files of a report.

Owns: which there are, and their names. Refuses: with UserError, a language that there is none of.
Units: none.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence

from steelyard.errors import USAGE, UserError
from steelyard.factory.calibration_record import CalibrationRecord
from steelyard.factory.reports import render
from steelyard.factory.reports.calibration_report import calibration_report
from steelyard.factory.reports.document import Document
from steelyard.factory.reports.test_report import test_report
from steelyard.factory.reports.words import LANGUAGES
from steelyard.factory.test_record import TestRecord

Record = TestRecord | CalibrationRecord
Made = tuple[str, str, bytes]  # name, media type, content
MEDIA = {"html": render.html, "pdf": render.pdf}
# matplotlib and the compiler of pages serve one thread; and what the first makes, the fonts and
# their parts, the others find.
_ONE_AT_A_TIME = threading.Lock()
_TYPES = {"html": render.HTML, "pdf": render.PDF}


def reports_of(
    record: Record,
    languages: Sequence[str] = LANGUAGES,
    kinds: Sequence[str] = tuple(MEDIA),
    tests: Mapping[str, TestRecord] | None = None,
) -> list[Made]:
    """(name, media type, bytes) of each report of a record. kinds: of MEDIA.

    tests: by id; a calibration's report takes the errors before and after it from them.
    """
    made = []
    for language in languages:
        if language not in LANGUAGES:
            raise UserError(
                USAGE, f"there are no reports in {language!r}: take {' or '.join(LANGUAGES)}"
            )
        with _ONE_AT_A_TIME:
            document = document_of(record, language, tests or {})
            for kind in kinds:
                name = f"{name_of(record)}.{language}.{kind}"
                made.append((name, _TYPES[kind], MEDIA[kind](document)))
    return made


def document_of(record: Record, language: str, tests: Mapping[str, TestRecord]) -> Document:
    """The report of a record before it is a file."""
    if isinstance(record, TestRecord):
        return test_report(record, language)
    return calibration_report(record, language, tests)


def name_of(record: Record) -> str:
    """The name of its files, without language and kind: nothing but letters, digits and -._"""
    kind = "test" if isinstance(record, TestRecord) else "calibration"
    parts = (kind, record.dut.get("serial", ""), record.id)
    return "_".join(re.sub(r"[^A-Za-z0-9.-]+", "-", part)[:60] for part in parts if part)
