"""`steelyard report`: a test or a calibration on paper."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from steelyard import saved
from steelyard.commands import Json
from steelyard.errors import OK, USAGE, UserError
from steelyard.factory import calibration_record, test_record
from steelyard.factory.reports.make import MEDIA, Record, reports_of
from steelyard.factory.reports.words import LANGUAGES
from steelyard.output import show
from steelyard.store import Store


def record_of(named: str) -> Record:
    """The record in a file, of a test or of a calibration; or of a test, by its id; UserError."""
    file = Path(named)
    if not file.exists() and re.fullmatch(r"[0-9a-f]{4,32}", named):
        with closing(Store()) as store:
            return store.test(named)
    try:
        data = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            USAGE,
            f"{file} cannot be read: {error.strerror}. Name the file of a record, or the id of a"
            " test, which `steelyard history SERIAL` says",
        ) from None
    except UnicodeDecodeError:
        raise UserError(
            USAGE, f"{file} is no record: it is not text. Name the JSON of a test or a calibration"
        ) from None
    # Which of the two it is, its form says; what is neither is refused as a test.
    if f'"{calibration_record.FORM}"' in data[:200]:
        return calibration_record.from_json(data)
    return test_record.from_json(data)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def report(
        files: Annotated[
            list[str],
            typer.Argument(
                help="Records of tests and calibrations, as JSON; or ids of tests kept here.",
                metavar="RECORD...",
            ),
        ],
        lang: Annotated[
            list[str], typer.Option(help="A language: en or zh. May be given several times.")
        ] = list(LANGUAGES),  # noqa: B006 - typer copies it
        out: Annotated[
            Path, typer.Option(help="The folder for the reports; it is made.")
        ] = Path(),
        html: Annotated[bool, typer.Option(help="Write one HTML file.")] = True,
        pdf: Annotated[bool, typer.Option(help="Write one PDF/A.")] = True,
        as_json: Json = False,
    ) -> int:
        """Write the reports of tests and calibrations, as HTML and PDF, in English and Chinese.

        The report of a calibration takes the errors before and after it from the records of those
        tests, if they are among the files. The same record gives the same bytes. A report is a
        draft until a person signs it, and no certificate.
        """
        kinds = [kind for kind, wanted in zip(MEDIA, (html, pdf), strict=True) if wanted]
        if not kinds:
            raise UserError(USAGE, "neither --html nor --pdf leaves nothing to write: keep one")
        records = [record_of(file) for file in files]
        tests = {one.id: one for one in records if isinstance(one, test_record.TestRecord)}
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                USAGE, f"cannot make the folder {out}: {error.strerror}. Name another with --out"
            ) from None
        written = []
        for record in records:
            for name, _, data in reports_of(record, list(dict.fromkeys(lang)), kinds, tests):
                saved.save(out / name, data)
                written.append(str(out / name))
        show({"written": written}, as_json, "\n".join(written))
        return OK
