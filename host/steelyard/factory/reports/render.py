"""A document as bytes: one self-contained HTML file, one PDF/A.

Owns: both templates, and that the same document gives the same bytes. Refuses: nothing.
Units: none.

Neither template is given markup but the drawings that `plots` made.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from steelyard.factory.reports import fonts
from steelyard.factory.reports.document import Document, plain

if TYPE_CHECKING:
    from jinja2 import Template
    from typst import Compiler

HTML, PDF = "text/html", "application/pdf"
_TEMPLATES = files("steelyard.factory.reports") / "templates"
_STANDARD: Final = "a-2u"  # to be kept: whole, with its fonts, and its text can be taken out
_LAST = 253402300799  # the last second of a four-digit year


@cache
def _page() -> Template:
    from jinja2 import Environment, StrictUndefined

    # Here, because it takes time, which only reports should take.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string((_TEMPLATES / "report.html.jinja").read_text("utf-8"))


def html(document: Document) -> bytes:
    """The report as one HTML file with drawings and font in it; it loads nothing."""
    data = plain(document)
    letters = {one for one in json.dumps(data, ensure_ascii=False) if one > "\x7f"}
    font = fonts.part(frozenset(letters.union(map(chr, range(32, 127)))))
    return _page().render(data, font=base64.b64encode(font).decode()).encode()


@cache
def _compiler() -> Compiler:
    """One for all reports: it keeps the fonts."""
    from typst import Compiler, Fonts

    # Nothing of the host's: the same report looks the same everywhere.
    folders: list[Any] = [str(fonts.file().parent)]
    known = Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    return Compiler(font_paths=known, ignore_system_fonts=True)


def pdf(document: Document) -> bytes:
    """The report as PDF/A-2u, with the moment of the record as its date."""
    data = plain(document)
    made = min(max(0, document.made), _LAST)
    when = datetime.fromtimestamp(made, UTC)
    data["date"] = list(when.timetuple()[:6])
    found = _compiler().compile(
        (_TEMPLATES / "report.typ").read_bytes(),
        format="pdf",
        sys_inputs={"document": json.dumps(data)},
        pdf_standards=_STANDARD,
        timestamp=made,
    )
    if not isinstance(found, bytes):
        raise TypeError("typst gave no file")
    return found
