"""QR codes: text as a picture that a scanner or a telephone reads.

Owns: their quality and margin. Refuses: with `UserError`, a file that cannot be written, a kind of
picture that is not known. Units: modules.
"""

from __future__ import annotations

import io
from pathlib import Path

import segno

from steelyard import saved
from steelyard.errors import USAGE, UserError

_KINDS = (".png", ".svg", ".pdf")
_SCALE = 6  # 0.5 mm for a module at 300 dpi: what a telephone reads from a hand's breadth
_MARGIN = 4  # ISO/IEC 18004, 9.1


def write(text: str, file: Path) -> None:
    """Save a text as the kind of picture that the file's name ends with; level M, 15 % may be bad.

    `-` as a file prints it here, two rows of modules to a line.
    """
    code = segno.make_qr(text, error="m")
    if str(file) == "-":
        code.terminal(border=_MARGIN, compact=True)
        return
    if file.suffix.lower() not in _KINDS:
        raise UserError(
            USAGE, f"{file} is no kind of picture that is known: end it with {', '.join(_KINDS)}"
        )
    picture = io.BytesIO()
    code.save(picture, kind=file.suffix[1:].lower(), scale=_SCALE, border=_MARGIN)
    saved.save(file, picture.getvalue())
