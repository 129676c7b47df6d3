"""What a scale's name plate says (OIML R 76-1, 7.1; JJG 539, 6.4.2), from the terminal itself.

Owns: which markings it has and how they are written. Refuses: nothing; what is missing is named.
Units: as in the terminal's configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steelyard_wire.classes import CLASSES, lowest_min
from steelyard_wire.quantity import UNITS, format_quantity

from steelyard.client import Identity

# Without these nobody may sell by it.
_NEEDED = ("serial", "approval", "production")


@dataclass(frozen=True)
class Plate:
    """The markings, as they are printed. ranges: (Max, e) of each, in e = d."""

    serial: str
    model: str
    approval: str
    accuracy: str
    ranges: list[tuple[str, str]]
    least: str
    production: str
    firmware: str
    device: str

    @property
    def missing(self) -> list[str]:
        """Markings that the plate must have and has not."""
        return [name for name in _NEEDED if not getattr(self, name)]

    def lines(self) -> list[str]:
        """The plate, line by line."""
        found = [f"{self.model}   No. {self.serial or '-'}", f"class {self.accuracy}"]
        found += [f"Max {most}   e = d = {e}" for most, e in self.ranges]
        found += [f"Min {self.least}", f"type approval {self.approval or '-'}"]
        found += [f"production code {self.production or '-'}"]
        return [*found, f"software {self.firmware}", f"device {self.device or '-'}"]


def plate_of(identity: Identity, values: Mapping[str, str], seals: Mapping[str, str]) -> Plate:
    """The plate of a terminal: replies to ID, CONFIG and SEALS."""
    unit, exp10, accuracy = (int(values[name]) for name in ("unit", "exp10", "class"))

    def quantity(mantissa: int) -> str:
        return f"{format_quantity(mantissa, exp10)} {UNITS[unit]}"

    pairs = [("max_1", "e_1"), ("max_2", "e_2"), ("max", "e")]
    numbers = [(int(values[most]), int(values[e])) for most, e in pairs if int(values[most])]
    least = int(values["min"]) or lowest_min(accuracy, unit, exp10, numbers[0][1])

    def said(name: str) -> str:
        return "" if seals[name] == "-" else seals[name]

    # A multiple of half an e that is no whole step of the figures is written with one more.
    half = least.denominator > 1
    min_text = format_quantity(int(least * 10) if half else int(least), exp10 - half)
    return Plate(
        serial=identity.serial,
        model=identity.model,
        approval=said("approval"),
        accuracy=CLASSES[accuracy],
        ranges=[(quantity(most), quantity(e)) for most, e in numbers],
        least=f"{min_text} {UNITS[unit]}",
        production=said("production"),
        firmware=f"{identity.firmware} {identity.software_id[:8].hex()}",
        device=identity.dev.hex(),
    )
