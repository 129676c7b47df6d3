"""What is typed at the keypad, against a regular expression's idea of it."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from terminal.digits import Entry

MOST = 45  # twelve digits, `*`, a code of 32


class _Clock:
    def up_ms(self) -> int:
        return 0


class _Terminal:
    clock = _Clock()


def _meant(typed: str) -> tuple[str, str | None]:
    """Digits and code of what came before `#`: a star ends the digits, another one begins anew."""
    while found := re.match(r"\*|[0-9]+\*[0-9]*\*", typed):
        typed = typed[found.end() :]
    digits, _, code = typed.partition("*")
    return digits, code or None


@given(st.lists(st.text("0123456789*", max_size=MOST), min_size=1, max_size=4))
@example(["1" * MOST])
@example(["***", "*" * 4, "1*2*3"])
def test_what_is_typed_before_each_end_is_what_was_meant(entries: list[str]) -> None:
    entry = Entry(_Terminal())
    for typed in entries:
        assert all(entry.key(key) is None for key in typed)
        assert entry.key("#") == _meant(typed)


@given(st.text("0123456789*", max_size=200), st.text("0123456789", min_size=12, max_size=12))
def test_whatever_came_before_two_stars_begin_anew(before: str, digits: str) -> None:
    entry = Entry(_Terminal())
    for key in before:
        entry.key(key)
    for key in "**" + digits:
        entry.key(key)
    assert entry.key("#") == (digits, None)
