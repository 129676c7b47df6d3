"""Keeps what a converter has found out about itself, and its weight depends on.

Owns: the file "converter" of the settings. Refuses: to keep another finding once the scale is
calibrated: with other registers it would weigh otherwise. The converter then gives no number.
Units: none.
"""

from steelyard_wire.codes import Refused

from terminal.evidence import settings


def keep(converter, files) -> None:
    """Give the converter its load() -> bytes or None and save(bytes), which raise OSError."""

    def load():
        try:
            kept = settings.load(files, "converter")
        except Refused:
            raise OSError
        return kept and kept[1]

    def save(found: bytes) -> None:
        try:
            if settings.load(files, "calibration"):
                raise OSError
            settings.save(files, "converter", {1: found})
        except Refused:
            raise OSError

    converter.keep(load, save)
