"""One weight in another unit, exactly rounded.

Owns: the size of the units, and in which interval a unit shows what a scale weighs in another.
Refuses: nothing; a name is looked up by quantity.unit_id.
Units: nanograms (a pound of 453.59237 g and an ounce of 1/16 of it are whole ones).

A terminal needs it when a configuration comes in, or somebody asks; not while it weighs.
"""

from steelyard_wire.quantity import UNITS

NANOGRAMS = {
    "g": 10**9,
    "kg": 10**12,
    "mg": 10**6,
    "t": 10**15,
    "lb": 453592370000,
    "oz": 28349523125,
    "jin": 5 * 10**11,
    "liang": 5 * 10**10,
}
_PLACES = 9  # powers of ten that are kept below a nanogram


def _size(mantissa: int, exp10: int, unit: int) -> int:
    """In 10**-9 ng."""
    size: int = 10 ** (_PLACES + exp10)
    return mantissa * NANOGRAMS[UNITS[unit]] * size


def interval(e: int, exp10: int, unit: int, other: int) -> tuple[int, int]:
    """(d, exp10) in `other` for e * 10**exp10 `unit`: 1, 2 or 5, three quarters of e at least."""
    least = _size(e, exp10, unit) * 3
    places = -_PLACES
    while True:
        for step in (1, 2, 5):
            if _size(step, places, other) * 4 >= least:
                return step, places
        places += 1


def convert(
    mantissas: tuple[int, ...], exp10: int, unit: int, other: int, step: int, places: int
) -> list[int]:
    """Each mantissa * 10**exp10 `unit` in 10**places `other`, the nearest multiple of `step`.

    Halves go away from zero.
    """
    size = _size(step, places, other)
    found = []
    for mantissa in mantissas:
        whole = (abs(_size(mantissa, exp10, unit)) * 2 + size) // (size * 2) * step
        found.append(-whole if mantissa < 0 else whole)
    return found
