"""Times as people read them; those of `date -u -d @N` are the oracle."""

from __future__ import annotations

import pytest
from steelyard.dates import first_second, last_second, moment


@pytest.mark.parametrize(
    ("utc", "text"),
    [
        (0, "1970-01-01 00:00:00"),
        (951_782_400, "2000-02-29 00:00:00"),
        (1_795_966_354, "2026-11-29 15:32:34"),
        (253_402_300_799, "9999-12-31 23:59:59"),
        (253_402_300_800, "253402300800 s since 1970"),
        (2**40 - 1, "1099511627775 s since 1970"),
        (None, ""),
    ],
)
def test_a_moment_of_any_record_can_be_read(utc: int | None, text: str) -> None:
    assert moment(utc) == text


def test_a_day_has_both_of_its_ends() -> None:
    assert moment(first_second("2027-01-31")) == "2027-01-31 00:00:00"
    assert moment(last_second("2027-01-31")) == "2027-01-31 23:59:59"
