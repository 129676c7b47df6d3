"""A station at work: what it may issue, and what its log has to do with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import notary
import pytest
from disk import disk_full
from forge import OTHER_SEED, Forger
from notary import DAY, UTC
from steelyard.errors import USAGE, VERDICT, UserError
from steelyard.generate.statement_vectors import key_id, public_of
from steelyard.keys import issuing
from steelyard.keys import log as station_log
from steelyard.keys.issuing import Desk, Issued
from steelyard.store import Store
from steelyard_wire import statement

FORGER, OTHER = Forger(), Forger(OTHER_SEED)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    made = Store(tmp_path / "kept.sqlite3")
    yield made
    made.close()


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    """The station that makes SY-0 to SY-9 in 2026."""
    notary.install(store, notary.root(), notary.station(), notary.office())
    return Desk(notary.private("station"), tmp_path / "works.log", store)


def _certify(desk: Desk, forger: Forger = FORGER, **changes: object) -> Issued:
    given: dict[str, object] = {"public_key": forger.public_key, "test": False, "serial": "SY-1"}
    given |= {"model": "bench", "hardware": 0, "production": "P-1", "now": UTC + DAY}
    return issuing.issue_device(desk, **(given | changes))  # type: ignore[arg-type]


def _verified(desk: Desk, **changes: object) -> Issued:
    given: dict[str, object] = {"dev": FORGER.dev, "calibration": (1, b"calibrat")}
    given |= {"software": b"software", "production": "P-1", "repair": None, "code": "V-1"}
    given |= {"seals": ["S-1"], "since": UTC + DAY, "until": UTC + 700 * DAY, "body": "Office"}
    return issuing.issue_verification(desk, **(given | {"now": UTC + 2 * DAY} | changes))  # type: ignore[arg-type]


def test_what_a_station_issues_counts_and_is_in_its_log(desk: Desk) -> None:
    access = [(3, 1, public_of("service")), (2, 0, statement.link_commitment(bytes(32)))]
    issued = _certify(desk, seals=["S-1"], access=access)
    assert issued.new and issued.statement.number == 1
    assert issued.statement.fields["access"] == [list(row) for row in access]
    log = station_log.load(desk.log)
    assert [entry.statement for entry in log.entries] == [issued.statement]
    assert not log.findings(public_of("station")) and log.note(public_of("station")) == issued.note
    assert desk.store.authority().device(FORGER.dev)[0] == issued.statement
    # The same again is the same, also a day later.
    again = _certify(desk, seals=["S-1"], access=access, now=UTC + 2 * DAY)
    assert (again.new, again.statement, again.note) == (False, issued.statement, issued.note)
    # Something new about it is a statement more.
    assert _certify(desk, seals=["S-2"], access=access).statement.number == 2
    assert _certify(desk, OTHER, serial="SY-9").statement.number == 3
    office = Desk(notary.private("office"), desk.log.with_name("office.log"), desk.store)
    said = _verified(office)
    assert said.statement.number == 1
    assert desk.store.authority().verifications(FORGER.dev) == ([said.statement], [])


def test_what_cannot_be_handed_out_is_not_issued(desk: Desk) -> None:
    def refuse() -> None:
        raise UserError(USAGE, "there is such a file already")

    hindered = replace(desk, ready=refuse)
    with pytest.raises(UserError, match="such a file"):
        _certify(hindered)
    assert not desk.log.exists() and not desk.store.statements(statement.DEVICE)
    issued = _certify(desk)
    # What was issued before is handed out again, and nobody asks.
    assert _certify(hindered).statement == issued.statement


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"serial": "SY-10"}, "SY-10 is no serial number of station Works 1"),
        ({"serial": "SX-1"}, "is no serial number"),
        ({"serial": ""}, "device statement: serial"),
        ({"now": UTC - 1}, "may do so from 2026-01-01"),
        ({"now": UTC + 366 * DAY}, "this is of 2027-01-02"),
        ({"test": True}, "a TEST key, and root Berg Scales vouches for none"),
        ({"hardware": 3}, "device statement: hardware"),
        ({"public_key": bytes(33)}, "a public key has 32 bytes"),
    ],
)
def test_what_a_station_may_not_issue(desk: Desk, changes: dict[str, object], why: str) -> None:
    with pytest.raises(UserError, match=why):
        _certify(desk, **changes)
    assert not desk.log.exists() and not desk.store.registry()


def test_one_serial_number_has_one_key(desk: Desk) -> None:
    _certify(desk)
    with pytest.raises(UserError, match=r"SY-1 has another key already.*statement 1"):
        _certify(desk, OTHER)
    with pytest.raises(UserError, match="this key has the serial number SY-1 already"):
        _certify(desk, serial="SY-2")
    assert station_log.load(desk.log).size == 1
    # Nor if another station has issued it, as far as this host knows.
    other = notary.station(key=public_of("dora"))
    notary.install(desk.store, other, notary.device(OTHER, "dora", serial="SY-3"))
    with pytest.raises(UserError, match="SY-3 has another key already"):
        _certify(desk, Forger(b"TEST" * 8), serial="SY-3")


def test_who_is_not_entitled_issues_nothing(desk: Desk) -> None:
    with pytest.raises(UserError, match="no device statement"):
        _verified(Desk(notary.private("office"), desk.log.with_name("o"), desk.store))
    _certify(desk)
    with pytest.raises(UserError, match="station Works 1 may not verify"):
        _verified(desk)
    with pytest.raises(UserError, match="may not make"):
        _certify(Desk(notary.private("office"), desk.log.with_name("o"), desk.store))
    with pytest.raises(UserError, match="names a station"):
        _certify(Desk(notary.private("dora"), desk.log.with_name("o"), desk.store))
    office = Desk(notary.private("office"), desk.log.with_name("o"), desk.store)
    with pytest.raises(UserError, match="verification statement: until"):
        _verified(office, until=UTC)
    with pytest.raises(UserError, match="this is of 2027-01-02"):
        _verified(office, now=UTC + 366 * DAY)
    assert _verified(office).new
    # Up to the last good number a revoked station is believed; it issues nothing more.
    notary.install(desk.store, notary.revoked((1, key_id("station"), 99, "lost")))
    with pytest.raises(UserError, match=r"this station is revoked by list 1 \(lost\)"):
        _certify(desk, OTHER, serial="SY-2")
    notary.install(desk.store, notary.revoked((0, FORGER.dev, 3, "stolen"), version=2))
    for issue in (lambda: _certify(desk), lambda: _verified(office)):
        with pytest.raises(UserError, match="is revoked by list 2"):
            issue()


def test_nothing_is_issued_on_a_full_disk(desk: Desk) -> None:
    _certify(desk)
    before = desk.log.read_bytes()
    with disk_full(len(before) + 10), pytest.raises(UserError, match="Nothing was issued"):
        _certify(desk, OTHER, serial="SY-2")
    assert desk.log.read_bytes() == before
    assert _certify(desk, OTHER, serial="SY-2").statement.number == 2


def test_two_programs_do_not_issue_at_once(desk: Desk) -> None:
    numbers = []
    with station_log.at_work(desk.log):
        second = Thread(target=lambda: numbers.append(_certify(desk).statement.number))
        second.start()
        second.join(0.3)
        assert not numbers
    second.join()
    assert numbers == [1]


def test_a_changed_log_issues_nothing(desk: Desk) -> None:
    for forger, serial in ((FORGER, "SY-1"), (OTHER, "SY-2")):
        _certify(desk, forger, serial=serial)
    third = Forger(b"TEST" * 8)
    lines = desk.log.read_bytes().splitlines(keepends=True)
    for content in (lines[:1], lines[1:], [lines[1], lines[0]], [lines[0], lines[0]], []):
        desk.log.write_bytes(b"".join(content))
        with pytest.raises(UserError, match="was changed") as caught:
            _certify(desk, third, serial="SY-3")
        assert caught.value.exit_code == VERDICT
    desk.log.write_bytes(b"".join(lines))
    assert _certify(desk, third, serial="SY-3").statement.number == 3
