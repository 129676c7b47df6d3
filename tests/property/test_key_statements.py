"""Statements: their files, who signs them, what a host takes on trust and what it does not."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import notary
import pytest
from forge import OTHER_SEED, Forger
from notary import DAY, UTC
from sqlalchemy import create_engine, inspect, text
from steelyard.dates import first_second, last_second
from steelyard.errors import VERDICT, UserError
from steelyard.generate.statement_vectors import key_id, public_of
from steelyard.keys import installing, statements
from steelyard.keys.authority import Authority, Doubtful
from steelyard.keys.statements import Statement
from steelyard.keys.words import day, words
from steelyard.store import Store
from steelyard_wire import statement

FORGER, OTHER = Forger(), Forger(OTHER_SEED)


# --- files, and signatures -------------------------------------------------------------------


def _draft(one: Statement) -> Statement:
    return Statement(one.kind, one.payload)


def test_holders_sign_one_after_the_other_or_apart(tmp_path: Path) -> None:
    whole = notary.station(("anna", "cleo"))
    draft = statements.draft(statement.STATION, whole.fields)
    assert draft == _draft(whole)
    path = tmp_path / "a.statement"
    statements.write(path, [draft])
    assert statements.read(path) == [draft]
    after = draft.signed_with(notary.private("cleo")).signed_with(notary.private("anna"))
    assert after == whole  # the same bytes as those of the independent signer
    assert after.signed_with(notary.private("anna")) == whole  # twice is once
    apart = [draft.signed_with(notary.private(name)) for name in ("anna", "cleo")]
    for number, one in enumerate(apart):
        statements.write(tmp_path / str(number), [one])
    both = (tmp_path / "0").read_text() + "# by Cleo\n" + (tmp_path / "1").read_text()
    path.write_text(both)
    assert statements.read_one(path) == whole
    with pytest.raises(UserError, match="is there already"):
        statements.write(path, [draft])
    assert path.read_text() == both
    for place, why in ((tmp_path, "it is a folder"), (tmp_path / "no" / "file", "No such file")):
        with pytest.raises(UserError, match=why):
            statements.check_new(place)


def test_one_holder_of_three_is_not_enough_however_often_he_signs() -> None:
    authority = Authority([notary.root()])
    one = notary.station(("anna",))
    for lone in (one, one.signed_with(notary.private("anna")), one.merged(one)):
        assert len(lone.signatures) == 1
        with pytest.raises(Doubtful, match="1 holder of Berg Scales has signed it"):
            authority.check(lone)
    authority.check(one.signed_with(notary.private("ben")))
    with pytest.raises(Doubtful, match="0 holders"):
        authority.check(_draft(one))
    with pytest.raises(Doubtful, match="trusts no root"):
        Authority().check(notary.station())
    # A root that one of three could speak for, or that names one of them twice.
    fields = notary.root().fields
    anna, ben = public_of("anna"), public_of("ben")
    for changed in ({"threshold": 1}, {"holders": [anna, ben, anna]}):
        with pytest.raises(UserError, match="that cannot be stated"):
            statements.draft(statement.ROOT, {**fields, **changed})


def test_other_files_are_no_statements(tmp_path: Path) -> None:
    path = tmp_path / "a"
    good = notary.root()
    line = f"ROOT {base64.b64encode(good.envelope).decode()}"
    for content, why in (
        ("", "holds no statements"),
        ("# nothing\n", "holds no statements"),
        ("KING " + line[5:], "is no file of statements"),
        (line[:-8], "a ROOT statement that is none"),
        (line + "!", "no base64"),
        ("STATION " + line[5:], "a STATION statement that is none"),
        ("DEVICE " + base64.b64encode(notary.device(FORGER).envelope[:-1]).decode(), "none"),
    ):
        path.write_text(content)
        with pytest.raises(UserError, match=why):
            statements.read(path)
    path.write_bytes(b"\xff")
    with pytest.raises(UserError, match="no text"):
        statements.read(path)
    statements.write(tmp_path / "b", [good, notary.station()])
    with pytest.raises(UserError, match="one is meant here"):
        statements.read_one(tmp_path / "b")
    with pytest.raises(UserError, match="cannot"):
        statements.read(tmp_path / "none")
    with pytest.raises(UserError, match="cannot write"):
        statements.write(tmp_path / "no" / "c", [good])


def test_words_hide_nothing() -> None:
    hidden = "Works\n1\u202e\x1b[2J"
    said = words(notary.station(name=hidden))
    assert said["statement"] == "station Works\\u{a}1\\u{202e}\\u{1b}[2J, number 1"
    for one in (
        notary.root(),
        notary.office(),
        notary.device(FORGER),
        notary.verification(FORGER),
    ):
        assert all(text.isprintable() for text in words(one).values())
    entries = (0, FORGER.dev, 7, "stolen\n"), (1, key_id("station"), None, "x")
    said = words(notary.revoked(*entries))
    assert said["entry 1"] == f"terminal {FORGER.dev.hex()}, after record 7: stolen\\u{{a}}"
    assert said["entry 2"].endswith("all of it: x")
    assert (day(UTC), day(UTC - 1), day(2**40 - 1)) == ("2026-01-01", "2025-12-31", "for ever")
    assert day(UTC + 3600) == "2026-01-01 01:00:00 UTC" and "since 1970" in day(2**40 - 2)


def test_the_last_day_is_part_of_what_it_ends() -> None:
    assert (first_second("2026-01-01"), last_second("2026-01-01")) == (UTC, UTC + DAY - 1)
    assert day(last_second("2026-01-01")) == "2026-01-01"
    for text_ in ("2026-1-1", "2026-02-30", "", "tomorrow", "2026-01-01T12:00"):
        with pytest.raises(UserError, match="is no date"):
            last_second(text_)


# --- taking on trust -------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    made = Store(tmp_path / "kept.sqlite3")
    yield made
    made.close()


def _refused(store: Store, one: Statement, why: str) -> None:
    before = store.statements()
    with pytest.raises(UserError, match=why) as caught:
        installing.install(store, one, lambda _: None)
    assert caught.value.exit_code == VERDICT and store.statements() == before


def test_a_root_is_believed_once_somebody_says_so(store: Store) -> None:
    def no(one: Statement) -> None:
        raise UserError(VERDICT, "no")

    with pytest.raises(UserError, match="no"):
        installing.install(store, notary.root(), no)
    assert not store.authority().roots
    _refused(
        store, notary.root(signers=("anna",)), "holders of its own that have to sign it yet: 1"
    )
    _refused(
        store,
        notary.root(signers=("dora", "service")),
        "holders of its own that have to sign it yet: 2",
    )
    assert notary.install(store, notary.root()) == [installing.NEW]
    # And never asked again.
    assert installing.install(store, notary.root(signers=("ben", "cleo")), no) == installing.KNOWN
    assert Store(store.path).authority().roots["Berg Scales"].statement.number == 1


def test_the_next_root_is_signed_by_the_one_before(store: Store) -> None:
    notary.install(store, notary.root())
    new = ("cleo", "dora", "service")

    def next_root(*signers: str, version: int = 2) -> Statement:
        return notary.root(version=version, holders=new, signers=signers)

    _refused(
        store, next_root("dora", "service"), "holders of version 1 that have to sign it yet: 2"
    )
    _refused(store, next_root("cleo", "dora"), "holders of version 1 that have to sign it yet: 1")
    _refused(store, next_root("anna", "ben"), "holders of its own that have to sign it yet: 2")
    _refused(store, next_root("anna", "cleo", "dora", version=3), "version 2 comes first")
    _refused(store, notary.root(holders=("anna", "ben", "dora")), "another root of this version")
    assert notary.install(store, next_root("anna", "cleo", "dora")) == [installing.NEW]
    _refused(store, notary.root(), "version 2 has replaced it")
    assert notary.install(store, next_root("cleo", "dora", version=3)) == [installing.NEW]


def test_an_older_list_is_not_taken_again(store: Store) -> None:
    first, second = notary.revoked((0, FORGER.dev, 3, "a")), notary.revoked(version=2)
    _refused(store, first, "trusts no root")
    notary.install(store, notary.root(), first)
    assert notary.install(store, first) == [installing.KNOWN]
    other = notary.revoked((0, FORGER.dev, 4, "a"))
    _refused(store, other, "another of this number")
    notary.install(store, second)
    _refused(store, first, "version 2 has replaced it")
    alone = notary.revoked(version=3, signers=("cleo",))
    _refused(store, alone, "1 holder of Berg Scales has")
    assert store.authority().lists["Berg Scales"].number == 2


def test_stations_and_what_they_state(store: Store) -> None:
    _refused(store, notary.device(FORGER), "names a station")
    notary.install(store, notary.root(), notary.station(), notary.office())
    notary.install(store, notary.station(number=2))
    _refused(store, notary.station(), "number 2 has replaced it")
    _refused(store, notary.station(number=2, name="Works 2"), "another of this number")
    _refused(store, notary.verification(FORGER), "no device statement")
    assert FORGER.dev not in store.registry()
    notary.install(store, notary.device(FORGER), notary.verification(FORGER))
    # Whoever believes the root knows the terminal from now on.
    assert store.registry()[FORGER.dev].public_key == FORGER.public_key
    assert store.model(FORGER.dev) == "bench" and store.model(OTHER.dev) == ""
    unlock = notary.signed(
        statement.UNLOCK,
        {"dev": FORGER.dev, "n": 1, "counter": 0, "kind": 1, "code": None, "seals": []},
        ("service",),
    )
    _refused(store, unlock, "for the terminal to say")


def test_signatures_are_kept_and_what_is_none_is_not(store: Store) -> None:
    whole = notary.station(("anna", "ben", "cleo"))
    forged = replace(notary.station(("ben", "cleo", "dora")), signatures=())
    for kid, signature in notary.station(("ben", "cleo", "dora")).signatures:
        forged = forged.merged(replace(forged, signatures=((kid, signature),)))
    forged = forged.merged(replace(forged, signatures=((key_id("anna"), bytes(64)),)))
    notary.install(store, notary.root(), forged)
    assert [kid for kid, _ in store.statements(statement.STATION)[0].signatures] == sorted(
        [key_id("ben"), key_id("cleo")]
    )
    notary.install(store, notary.station(("anna", "ben")))
    assert store.statements(statement.STATION) == [whole]
    assert store.statements(subject=whole.subject) == [whole]
    assert not store.statements(subject=FORGER.dev)


def test_a_database_from_before_gets_its_tables(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    Store(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for table in inspect(engine).get_table_names():
            if table not in ("terminals", "records", "approvals", "witnesses", "cosigned"):
                connection.execute(text(f"drop table {table}"))
    store = Store(path)
    assert {"statements", "log_heads"} <= set(inspect(engine).get_table_names())
    notary.install(store, notary.root())
    # What somebody wrote into it that is none ends with a sentence.
    with engine.begin() as connection:
        connection.execute(text("update statements set raw = x'd800'"))
    with pytest.raises(UserError, match="is none"):
        store.statements()
    engine.dispose()
    store.close()
