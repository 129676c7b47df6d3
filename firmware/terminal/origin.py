"""The zero that is in force, kept over power cuts and changes of the configuration.

Owns: the file "zero" of the settings. Refuses: nothing: a zero that cannot be kept or read is the
calibrated one after the next start, and shows as what lies on the scale.
Units: fine weight. The file belongs to one calibration, by its generation.
"""

from steelyard_wire.codes import Refused

from terminal.evidence import settings


def restore(files, origin, generation: int) -> None:
    """Give a weigher's `origin` the zero that was kept for this calibration."""
    try:
        kept = settings.load(files, "zero")
    except Refused:
        return
    if kept is not None and kept[1] == generation:
        origin.restore(kept[2], kept[3])


def keep(files, origin, generation: int) -> None:
    """Store the zero of `origin`."""
    origin.moved = False
    try:
        settings.save(files, "zero", {1: generation, 2: origin.offset, 3: origin.reference})
    except Refused:
        return
