"""Gravity where a scale is calibrated and where it weighs.

Owns: normal gravity by the WELMEC formula. Refuses: UserError, a place that is none.
Units: degrees, m, m/s2; the terminal takes units of 0.00001 m/s2.
"""

from __future__ import annotations

import math

from steelyard.errors import USAGE, UserError

STEP = 1e-5  # the terminal's unit


def normal(latitude: float, height_m: float) -> float:
    """m/s2 at a latitude and a height above the sea (metrology.md, 5.3)."""
    sine = math.sin(math.radians(latitude)) ** 2
    double = math.sin(math.radians(2 * latitude)) ** 2
    return 9.780318 * (1 + 0.0053024 * sine - 0.0000058 * double) - 0.000003085 * height_m


def of_place(text: str, option: str) -> int:
    """In the terminal's unit, of "30.27,10" (latitude, height) or "9.7935" (m/s2 as measured)."""
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) == 2 and abs(numbers[0]) <= 90 and -500 <= numbers[1] <= 9000:
        return round(normal(*numbers) / STEP)
    if len(numbers) == 1 and 9.76 <= numbers[0] <= 9.84:
        return round(numbers[0] / STEP)
    raise UserError(
        USAGE,
        f"{option} is a latitude and a height, {option} 30.27,10, or gravity in m/s2, {option}"
        f" 9.79345; not {text!r}",
    )
