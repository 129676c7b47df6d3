"""The fonts of the reports, in figures and on pages.

Owns: where they are. Refuses: with UserError, a host that lacks them. Units: none.

Noto Sans SC (SIL Open Font License 1.1) comes with the wheel zhplot and has Latin letters, too, so
that a report in either language is of one face. zhplot is not imported: that would change
matplotlib's settings. DejaVu Sans comes with matplotlib and has what Noto Sans SC lacks.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from steelyard.errors import USAGE, UserError

FAMILIES = ("Noto Sans SC", "DejaVu Sans")


@cache
def files() -> tuple[Path, Path]:
    """(Noto Sans SC, DejaVu Sans); UserError."""
    found = []
    for package, place in (
        ("zhplot", "fonts/NotoSansSC-Regular.ttf"),
        ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"),
    ):
        spec = find_spec(package)
        file = Path(spec.origin).parent / place if spec and spec.origin else None
        if file is None or not file.is_file():
            raise UserError(
                USAGE,
                f"reports need the font {Path(place).name} of the package {package}, which is not"
                " installed whole: install steelyard again",
            )
        found.append(file)
    return found[0], found[1]
