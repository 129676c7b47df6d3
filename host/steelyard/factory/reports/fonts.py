"""The fonts of the reports, in figures and on pages.

Owns: where they are. Refuses: with UserError, a host that lacks them. Units: none.

Noto Sans SC (SIL Open Font License 1.1) comes with the wheel zhplot and has Latin letters, too, so
that a report in either language is of one face; a PDF and an HTML file carry the part of it that
they need, as the licence allows. zhplot is not imported: that would change
matplotlib's settings. Characters that it lacks are written as their numbers (`document`).
"""

from __future__ import annotations

import io
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from steelyard.errors import USAGE, UserError


@cache
def file() -> Path:
    """Noto Sans SC; UserError."""
    spec = find_spec("zhplot")
    name = "NotoSansSC-Regular.ttf"
    found = Path(spec.origin).parent / "fonts" / name if spec and spec.origin else None
    if found is None or not found.is_file():
        raise UserError(
            USAGE,
            f"reports need the font {name} of the package zhplot, which is not installed whole:"
            " install steelyard again",
        )
    return found


@lru_cache(maxsize=16)
def part(characters: frozenset[str]) -> bytes:
    """Noto Sans SC with these characters alone, as TrueType; the same ones give the same bytes.

    A third of a second: reports of one line of terminals mostly have the same ones.
    """
    # It comes with matplotlib, and without types.
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 13, 14]  # with its copyright and licence
    font = TTFont(str(file()), lazy=True, recalcTimestamp=False)
    for table in ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "STAT"):
        if table in font:  # what only takes its time to be read, for lines of text as these
            del font[table]
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=[ord(one) for one in characters])
    chosen.subset(font)
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()
