"""Two boards never get one number: which run goes on over a board that does not say who it is.

Expected: what is written in docs/factory.md, case by case.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from steelyard.errors import REFUSED, UserError
from steelyard.factory import flow, product, weighing_steps
from steelyard.factory.first_steps import BORN
from steelyard.factory.runs import DONE, Run
from steelyard.factory.same_board import CHIP, of_board, place, unborn
from steelyard.factory.work import Work
from steelyard.store import Store
from works import PLAN

ONE, OTHER = "e66118604b1c4a2f", "e66118604b9d7c33"
HERE, THERE = "/dev/ttyACM0 of bench-1", "/dev/ttyACM1 of bench-1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "kept.sqlite3")) as made:
        yield made


def _begun(store: Store, chip: str | None = None, key: bool = False, serial: str = "SY-1") -> Run:
    """A run at HERE that was cut off: after its flash step found a chip, in its key step."""
    run = store.begin_run(serial, "Market", "ab", "anna", "works", HERE)
    if chip is not None:
        store.begin_step(run.id, "flash")
        store.end_step(run.id, "flash", {CHIP: chip})
    if key:
        store.begin_step(run.id, "key")
    return run


def _asked(store: Store, where: str, serial: str, chip: str | None) -> Run | None:
    """What goes on over a board with this chip; None: it must not be asked."""

    def ask() -> str:
        assert chip is not None
        return chip

    return of_board(store, unborn(store, "Market", serial), where, serial, ask)


def test_a_number_that_no_board_can_have_goes_to_whatever_is_there(store: Store) -> None:
    assert _asked(store, HERE, "", None) is None
    run = _begun(store)
    assert _asked(store, HERE, "", None) == run
    assert _asked(store, THERE, "", None) is None
    assert _asked(store, THERE, "SY-1", None) == run
    # A run of another plan, or one that has its key or has ended, is none of these.
    assert unborn(store, "Kitchen", "") == [] and unborn(store, "Market", "SY-2") == []
    store.set_run(run.id, state="abandoned")
    assert _asked(store, HERE, "", None) is None


def test_a_board_that_was_flashed_and_given_up_before_its_key_leaves_the_number(
    store: Store,
) -> None:
    run = _begun(store, ONE)
    assert _asked(store, HERE, "", ONE) == run
    assert [step.state for step in store.steps(run.id)] == ["done"]
    assert _asked(store, HERE, "", OTHER) == run
    # What the other board has on it nobody knows: it is flashed.
    assert [step.state for step in store.steps(run.id)] == ["started"]


@pytest.mark.parametrize("serial", ("", "SY-1"))
@pytest.mark.parametrize("where", (HERE, THERE))
def test_a_board_that_may_have_its_key_is_known_by_its_chip(
    store: Store, where: str, serial: str
) -> None:
    run = _begun(store, ONE, key=True)
    _begun(store, OTHER, key=True, serial="SY-2")
    assert _asked(store, where, serial, ONE) == run
    third = "e66118604bffffff"
    if not serial:
        assert _asked(store, where, serial, third) is None  # it gets a number of its own
        return
    with pytest.raises(UserError, match=f"{third}.*{ONE}.* SY-1, and may have it") as caught:
        _asked(store, where, serial, third)
    assert caught.value.exit_code == REFUSED and "--serial NUMBER" in caught.value.sentence


def test_without_a_chip_s_number_the_port_is_all_there_is(store: Store) -> None:
    run = _begun(store, "", key=True)
    assert _asked(store, HERE, "", None) == _asked(store, HERE, "SY-1", None) == run
    assert _asked(store, THERE, "", None) is None
    with pytest.raises(UserError, match=f"nothing says .*{THERE}.*{HERE}.* SY-1, and may have"):
        _asked(store, THERE, "SY-1", None)


def _work(store: Store, run: Run, folder: Path) -> Work:
    (folder / "market.toml").write_text(PLAN.replace("short.toml", "production"))
    return Work(
        *("socket://1", product.load(folder / "market.toml"), store, run, folder),
        desk=None,  # type: ignore[arg-type]
        hands=None,  # type: ignore[arg-type]
        operator="anna",
        told=lambda step, share, words: None,
    )


def _fails(work: Work, step: str) -> None:
    """The step is begun anew, and fails."""

    def fail(work: Work) -> flow.Found:
        raise UserError(REFUSED, "the board is full")

    with pytest.raises(UserError, match="is full"):
        flow._do(work, flow.Step(step, fail, lambda work, found: True))


def test_a_flash_that_fails_later_forgets_no_chip(store: Store, tmp_path: Path) -> None:
    run = _begun(store, ONE, key=True)
    _fails(_work(store, run, tmp_path), "flash")
    (flash,) = [step for step in store.steps(run.id) if step.name == "flash"]
    assert flash.detail == {CHIP: ONE, "why": "the board is full"}
    assert _asked(store, THERE, "SY-1", ONE) == run


def test_a_terminal_is_new_until_the_run_that_saw_it_made_has_ended(
    store: Store, tmp_path: Path
) -> None:
    run = _begun(store)
    work = _work(store, run, tmp_path)
    flow._do(work, flow.Step("key", lambda work: {BORN: True}, lambda work, found: True))
    _fails(work, "key")
    # It has its key by then: that says nothing of how the run began.
    found = flow._do(work, flow.Step("key", lambda work: {"key": "x"}, lambda work, found: True))
    work.found["key"] = found
    assert weighing_steps._is_new(work)
    work.run = store.set_run(run.id, state=DONE)
    assert not weighing_steps._is_new(work)
    # A terminal that had its key when the run began.
    work = _work(store, _begun(store, serial="SY-2"), tmp_path)
    work.found["key"] = {"key": "known to this host already"}
    assert not weighing_steps._is_new(work)


def test_a_port_is_a_computer_s_own() -> None:
    assert place("socket://bench:4000") == "socket://bench:4000"
    assert place("/dev/ttyACM0").startswith("/dev/ttyACM0 of ")
