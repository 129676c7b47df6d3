"""Sample reports, and readers of them: texts of a document, of a page, of a whole HTML file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import pypdfium2 as pdfium
import sample_records as samples
from steelyard.factory.reports import render
from steelyard.factory.reports.document import Document, Table, plain
from steelyard.factory.reports.make import document_of

TESTS = {"T-1": samples.passing(), "T-A": samples.as_found()}
RECORDS = {
    "passing": samples.passing(),
    "type": samples.type_test(),
    "failing": samples.failing(),
    "stopped": samples.stopped(),
    "calibration": samples.calibration(),
}
_HTML_VOID = {"meta", "br", "hr", "img"}


@cache
def document(name: str, language: str) -> Document:
    return document_of(RECORDS[name], language, TESTS)


@cache
def pdf_of(name: str, language: str) -> bytes:
    return render.pdf(document(name, language))


@cache
def html_of(name: str, language: str) -> str:
    return render.html(document(name, language)).decode()


def page_text(page: pdfium.PdfPage) -> str:
    """The text of a page without what only breaks lines."""
    found = page.get_textpage().get_text_range()
    return re.sub(r"[\s\u200b\ufffe\u00ad]+", "", found)


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


class Reader(HTMLParser):
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


def texts(document: Document) -> Iterator[str]:
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


def tables(document: Document) -> list[list[list[str]]]:
    return [
        [[cell.text for cell in row] for row in block.rows]
        for block in document.blocks
        if isinstance(block, Table)
    ]
