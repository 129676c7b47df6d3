"""The label of a terminal: its plate, and a QR code that leads to it.

Owns: how it is drawn: 90 mm by 40 mm (a plate has 150 mm2 at least, OIML R 76-1, 7.1), SVG.
Refuses: nothing. Units: mm.
"""

from __future__ import annotations

import io
import re
import unicodedata
from itertools import accumulate
from xml.sax.saxutils import escape

import segno
from steelyard_wire import record

from steelyard.plate import Plate

_WIDTH, _HEIGHT = 90, 40
_CODE = 32  # with its margin of 4 modules
_LINE = 3.6
_LONGEST = 34  # places of a line beside the code


def drawn(plate: Plate, address: str) -> str:
    """The picture. address: what the code says."""
    said = plate.lines()
    if record.is_test(bytes.fromhex(plate.device)):
        said.append("TEST key: not for trade")
    lines = [part for line in said for part in _folded(line)]
    size = min(2.6, 2.6 * 10 / max(len(lines), 1))
    step = min(_LINE, (_HEIGHT - 4) / max(len(lines), 1))
    text = "\n".join(
        f'<text x="2" y="{3.5 + step * row:.2f}" font-size="{size:.2f}">{escape(line)}</text>'
        for row, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}mm" height="{_HEIGHT}mm"'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="DejaVu Sans, Arial, sans-serif">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n{text}\n{_code(address)}\n'
        "</svg>\n"
    )


def _folded(line: str) -> list[str]:
    """A line in pieces that have room beside the code."""
    found, rest = [], line
    while (room := _room(rest)) < len(rest):
        at = rest.rfind(" ", 1, room + 1)
        at = room if at < 1 else at
        found.append(rest[:at])
        rest = rest[at:].strip()
    return [*found, rest]


def _room(line: str) -> int:
    """How many characters of a line have room; those of Chinese take two places."""
    places = accumulate(1 + (unicodedata.east_asian_width(one) in "WF") for one in line)
    return sum(taken <= _LONGEST for taken in places)


def _code(address: str) -> str:
    picture = io.BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(picture, kind="svg", border=4, xmldecl=False, svgns=False, nl=False)
    modules = code.symbol_size(border=4)[0]
    inside = re.sub(r"</?svg[^>]*>", "", picture.getvalue().decode())
    x, y, scale = _WIDTH - _CODE - 1, (_HEIGHT - _CODE) / 2, _CODE / modules
    return f'<g transform="translate({x} {y:.2f}) scale({scale:.4f})">{inside}</g>'
