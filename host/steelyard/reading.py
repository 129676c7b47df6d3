"""What a terminal shows at one moment, unsigned: the reply to READ.

Owns: its fields. Refuses: UserError, a reply that lacks one.
Units: decimal text in `unit`; None where there is no number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.errors import BUG, UserError


@dataclass(frozen=True)
class Reading:
    """Weights, their interval d and their status (protocol/README.md, section 5: READ)."""

    value: str | None
    unit: str
    legal: bool
    gross: str | None
    tare: str | None
    preset: str | None
    net: str | None
    d: str | None
    fine: str | None
    tap: str | None
    status: int
    flags: tuple[str, ...]
    fault: str
    age_ms: int
    n: int

    @property
    def stable(self) -> bool:
        """Whether the load is at rest."""
        return "STABLE" in self.flags

    @staticmethod
    def of(values: Mapping[str, str]) -> Reading:
        """The reading of a reply's values."""

        def number(key: str) -> str | None:
            return None if values[key] == "-" else values[key]

        try:
            return Reading(
                value=number("value"),
                unit=values["unit"],
                legal=values["legal"] == "1",
                gross=number("gross"),
                tare=number("tare"),
                preset=number("preset"),
                net=number("net"),
                d=number("d"),
                fine=number("fine"),
                tap=number("tap"),
                status=int(values["status"], 16),
                flags=() if values["flags"] == "-" else tuple(values["flags"].split(",")),
                fault=values["fault"],
                age_ms=int(values["age_ms"]),
                n=int(values["n"]),
            )
        except (KeyError, ValueError) as error:
            raise UserError(BUG, f"the terminal's READ is not as specified: {error}") from None
