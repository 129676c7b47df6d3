"""Days that people write, as times, and times as people read them.

Owns: the form 2027-01-31, in UTC. Refuses: with UserError, anything else.
Units: s since 1970.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from steelyard.errors import USAGE, UserError


def first_second(text: str) -> int:
    """When a day begins; UserError."""
    try:
        day = date.fromisoformat(text)
        return max(0, int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()))
    except ValueError:
        raise UserError(USAGE, f"{text} is no date; it is written 2027-01-31") from None


def last_second(text: str) -> int:
    """When it ends: the day is in it; UserError."""
    return first_second(text) + 86399


def moment(utc: int | None) -> str:
    """A time to the second; "" for none. A record may say one that no calendar has."""
    try:
        return "" if utc is None else f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{utc} s since 1970"
