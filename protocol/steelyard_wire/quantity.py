"""Decimal quantities as text: integer mantissa and power of ten, never a float.

Owns: the text form of a quantity and the table of units (unit id = index, fixed by format 1).
Refuses: with Refused(ARGUMENT), anything but the one canonical text of a quantity.
Units: as the caller says; a quantity is mantissa * 10**exp10.
"""

from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.shim import const

UNITS = ("g", "kg", "mg", "t", "lb", "oz", "jin", "liang")
# Those that OIML R 76-1, 2.1 has; the others are shown beside them, or where a law has them.
LEGAL = ("g", "kg", "mg", "t")

_MAX_EXP10 = const(9)
_MAX_DIGITS = const(15)


def format_quantity(mantissa: int, exp10: int) -> str:
    """Text of mantissa * 10**exp10: (1500, -3) is "1.500", (5, 2) is "500".

    Refused(ARGUMENT) for an exponent outside -9..9.
    """
    if not -_MAX_EXP10 <= exp10 <= _MAX_EXP10:
        raise Refused(ARGUMENT, "exponent")
    sign = "-" if mantissa < 0 else ""
    digits = str(abs(mantissa))
    if exp10 >= 0:
        return sign + digits + "0" * (exp10 if mantissa else 0)
    places = -exp10
    digits = "0" * (places + 1 - len(digits)) + digits
    return sign + digits[:-places] + "." + digits[-places:]


def parse_quantity(text: str) -> tuple[int, int]:
    """(mantissa, exp10) of a decimal text: "1.500" is (1500, -3), "20" is (20, 0).

    An optional "-", digits without needless leading zeros, optionally a point and 1 to 9 digits;
    15 digits at most; no negative zero. Refused(ARGUMENT) for anything else.
    """
    negative = text.startswith("-")
    body = text[1:] if negative else text
    point = body.find(".")
    whole = body if point < 0 else body[:point]
    places = 0 if point < 0 else len(body) - point - 1
    digits = whole if point < 0 else whole + body[point + 1 :]
    good = (
        whole != ""
        and (whole == "0" or not whole.startswith("0"))
        and len(digits) <= _MAX_DIGITS
        and places <= _MAX_EXP10
        and (point < 0 or places > 0)
    )
    for char in digits:
        # Not isdigit(): CPython's takes every script's digits.
        good = good and "0" <= char <= "9"
    mantissa = int(digits) if good else 0
    if not good or (negative and not mantissa):
        raise Refused(ARGUMENT, "a number like 1.500 is needed")
    return (-mantissa if negative else mantissa), -places


def unit_name(unit: int) -> str:
    """The symbol of a unit id; Refused(ARGUMENT) if there is none."""
    if not 0 <= unit < len(UNITS):
        raise Refused(ARGUMENT, "unit")
    return UNITS[unit]


def unit_id(name: str) -> int:
    """The id of a unit symbol; Refused(ARGUMENT) for an unknown one."""
    for unit, symbol in enumerate(UNITS):
        if symbol == name:
            return unit
    raise Refused(ARGUMENT, "unit: one of " + " ".join(UNITS))
