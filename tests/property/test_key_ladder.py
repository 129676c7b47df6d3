"""What statements under a trusted root lift, and what they stop: the ladder with a maker."""

from __future__ import annotations

from dataclasses import replace

import notary
import pytest
from forge import OTHER_SEED, Forger, root_of
from notary import DAY, UTC
from steelyard.audit import audit
from steelyard.generate.statement_vectors import key_id
from steelyard.keys.authority import Authority, Doubtful
from steelyard.keys.statements import Statement
from steelyard.opened import ES256, KeyEntry
from steelyard.proofs import check, prove
from steelyard.report import Report
from steelyard.trust import Approval, Trust
from steelyard.verify import verify
from test_ladder import KNOWN, cosign

FORGER = Forger()
REGISTRY = {FORGER.dev: KeyEntry(FORGER.public_key, "SY-1", test=False)}
TIMED = {n: {"f9": UTC + DAY + 60 * n, "f10": [2, 1]} for n in range(7)}
CHAIN = FORGER.chain(7, TIMED)
MADE = (notary.root(), notary.station(), notary.office(), notary.device(FORGER))
TERMINAL, STATION = 0, 1
NONE_REVOKED = notary.revoked()


def _trust(*statements: Statement, approvals: bool = False) -> Trust:
    approved = {FORGER.dev: [Approval(1, b"calibrat", b"software")]} if approvals else {}
    return Trust(approved, authority=Authority(statements))


def _both(chain: list[bytes], *statements: Statement, registry=REGISTRY, **more) -> Report:  # type: ignore[no-untyped-def]
    """The verdict of `verify`, which must be that of `audit` over the same records."""
    trust = _trust(*statements, **more)
    report = verify(chain, registry, trust=trust)
    streamed = audit(chain, registry, trust=trust).report
    assert (streamed.level, streamed.ok) == (report.level, report.ok)
    assert sorted(c.name for c in streamed.checks) == sorted(c.name for c in report.checks)
    assert streamed.not_established == report.not_established
    return report


def _only(report: Report, name: str) -> str:
    """The detail of the one check of this name."""
    (it,) = (it for it in report.checks if it.name == name)
    return it.detail


def test_without_a_root_the_registry_decides_and_that_is_said() -> None:
    report = _both(CHAIN)
    assert (report.level, report.ok) == (2, True)
    assert any("no root" in what for what in report.not_established)
    assert not [it for it in report.checks if it.name in ("certificate", "revocation")]
    assert "of the registry" in report.meaning


def test_with_a_root_somebody_has_to_vouch_for_the_terminal() -> None:
    for statements in (MADE[:1], MADE[:3], (MADE[0], MADE[3])):
        report = _both(CHAIN, *statements)
        assert (report.level, report.ok) == (1, False)
        assert [it.name for it in report.failures] == ["certificate"]
        # Nothing lifts it.
        assert _both(CHAIN, *statements, approvals=True).level == 1
    report = _both(CHAIN, *MADE)
    assert (report.level, report.ok) == (2, True)
    assert _only(report, "certificate") == "station Works 1 under root Berg Scales"
    assert report.meaning == "signed by a certified terminal"
    assert not any("no root" in what for what in report.not_established)


def test_a_revocation_list_is_missed_until_there_is_one() -> None:
    report = _both(CHAIN, *MADE)
    (it,) = (it for it in report.checks if it.name == "revocation")
    assert not it.performed and any("revocation list" in it for it in report.not_established)
    report = _both(CHAIN, *MADE, NONE_REVOKED)
    assert _only(report, "revocation") == "list 1"
    assert not any("revocation list" in what for what in report.not_established)


OTHER = Forger(OTHER_SEED)
WRONG = {
    "one holder": ([MADE[0], notary.station(("anna",)), MADE[3]], "names a station"),
    "one holder and a stranger": (
        [MADE[0], notary.station(("anna", "dora")), MADE[3]],
        "names a station",
    ),
    "may not make": ([MADE[0], notary.station(roles=2), MADE[3]], "may not make"),
    "before its dates": ([*MADE[:3], notary.device(FORGER, made=UTC - 1)], "may do so from"),
    "after its dates": (
        [*MADE[:3], notary.device(FORGER, made=UTC + 366 * DAY)],
        "until 2027-01-01",
    ),
    "serial numbers": (
        [MADE[0], notary.station(serials=[["SY-2", "SY-9"]]), MADE[3]],
        "SY-1 is no serial number of station Works 1",
    ),
    "signed by somebody else": ([*MADE[:3], notary.device(FORGER, "service")], "names a station"),
    "signed by the office": ([*MADE[:3], notary.device(FORGER, "office")], "may not make"),
    "another terminal": ([*MADE[:3], notary.device(OTHER)], "no device statement"),
    "another serial number": ([*MADE[:3], notary.device(FORGER, serial="SY-2")], "about SY-2"),
    "station revoked": (
        [*MADE, notary.revoked((STATION, key_id("station"), None, "lost"))],
        "station Works 1 is revoked by list 1 (lost)",
    ),
    "revoked before this statement": (
        [*MADE[:3], notary.device(FORGER, number=8)]
        + [notary.revoked((STATION, key_id("station"), 7, "lost"))],
        "revoked",
    ),
    "a newer number takes the role": ([*MADE, notary.station(number=2, roles=2)], "may not make"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_statement_that_does_not_count_vouches_for_nobody(name: str) -> None:
    statements, why = WRONG[name]
    report = _both(CHAIN, *statements)
    assert (report.level, report.ok) == (1, False), report.checks
    (failure,) = report.failures
    assert failure.name == "certificate" and why in failure.detail


def test_a_forged_signature_vouches_for_nobody() -> None:
    (kid, signature) = MADE[3].signatures[0]
    forged = replace(MADE[3], signatures=((kid, signature[:-1] + b"\x00"),))
    report = _both(CHAIN, *MADE[:3], forged)
    assert "the signature is not that of station Works 1" in report.failures[0].detail
    lone = replace(MADE[1], signatures=(MADE[1].signatures[0], (key_id("ben"), bytes(64))))
    with pytest.raises(Doubtful, match="1 holder of Berg Scales has signed it"):
        Authority(MADE[:1]).check(lone)


def test_what_the_registry_says_has_to_be_what_was_certified() -> None:
    other = {FORGER.dev: replace(REGISTRY[FORGER.dev], algorithm=ES256)}
    assert _both(CHAIN, *MADE, registry=other).level == 0
    # A key that came with its records, and nobody put in the registry.
    report = _both(CHAIN, *MADE, registry={})
    assert [it.name for it in report.failures] == ["key"] and report.level == 1


def test_a_station_that_was_good_for_a_while() -> None:
    lost = notary.revoked((STATION, key_id("station"), 1, "lost"))
    assert _both(CHAIN, *MADE, lost).level == 2
    # A list that is not signed by enough holders says nothing.
    alone = notary.revoked((STATION, key_id("station"), None, "lost"), signers=("ben",))
    assert _both(CHAIN, *MADE, alone).level == 2
    # A later list takes the place of it, whatever the order in which they came.
    lost = notary.revoked((STATION, key_id("station"), None, "lost"))
    found = notary.revoked(version=2)
    assert _both(CHAIN, *MADE, found, lost).level == 2
    assert _both(CHAIN, *MADE, lost, found).level == 2


# --- verification ----------------------------------------------------------------------------


def test_level_3_is_for_what_a_verification_covers() -> None:
    report = _both(CHAIN, *MADE, notary.verification(FORGER))
    assert report.level == 3 and report.ok
    assert "by Office until 2026-02-01" in _only(report, "verification")
    assert any("S-1, S-2: look" in what for what in report.not_established)
    assert _both(CHAIN, *MADE, approvals=True).level == 3
    # Without the maker's statement a verification is worth nothing.
    assert _both(CHAIN, *MADE[:3], notary.verification(FORGER)).level == 1


UNCOVERED = {
    "calibration 1 is not the one that was verified (2)": {"calibration": [2, b"calibrat"]},
    "calibration 1 is not the one that was verified (1)": {"calibration": [1, b"calibra2"]},
    "the firmware is not the one": {"software": b"softwar2"},
    "the verification ended on": {"until": UTC + DAY},
    "made before the verification": {"from": UTC + 2 * DAY},
    "may do so from 2026-01-01": {"from": UTC - DAY},
}


@pytest.mark.parametrize("why", UNCOVERED)
def test_what_is_not_covered_is_named_and_stays_at_level_2(why: str) -> None:
    report = _both(CHAIN, *MADE, notary.verification(FORGER, **UNCOVERED[why]))
    assert (report.level, report.ok) == (2, True)
    (it,) = (it for it in report.checks if it.name == "verification")
    assert not it.performed and why in it.detail and "record 1" in it.detail
    # An approval of this host lifts it all the same.
    lifted = [*MADE, notary.verification(FORGER, **UNCOVERED[why])]
    assert _both(CHAIN, *lifted, approvals=True).level == 3


def test_a_reading_without_a_time_is_not_covered() -> None:
    report = _both(FORGER.chain(4), *MADE, notary.verification(FORGER))
    assert report.level == 2 and "nobody knows when" in _only(report, "verification")


def test_the_days_of_a_verification_are_part_of_it() -> None:
    for edge in ({"from": UTC + DAY + 60}, {"until": UTC + DAY + 360}):
        assert _both(CHAIN, *MADE, notary.verification(FORGER, **edge)).level == 3
    for edge in ({"from": UTC + DAY + 61}, {"until": UTC + DAY + 359}):
        assert _both(CHAIN, *MADE, notary.verification(FORGER, **edge)).level == 2


def test_a_verification_by_somebody_who_may_not() -> None:
    for said, why in (
        (notary.verification(FORGER, "station"), "station Works 1 may not verify terminals"),
        (notary.verification(FORGER, "service"), "names a station"),
    ):
        report = _both(CHAIN, *MADE, said)
        assert report.level == 2 and why in _only(report, "verification")
    lost = notary.revoked((STATION, key_id("office"), None, "closed"))
    report = _both(CHAIN, *MADE, notary.verification(FORGER), lost)
    assert report.level == 2 and "is revoked by list 1 (closed)" in _only(report, "verification")
    abroad = notary.office(serials=[["SY-5", "SY-9"]])
    report = _both(CHAIN, *MADE[:2], abroad, MADE[3], notary.verification(FORGER))
    assert report.level == 2 and "SY-1 is no serial number" in _only(report, "verification")


def test_seals_that_somebody_sees() -> None:
    for seen, good in ((["S-2", "S-1"], True), (["S-1"], False), (["S-1", "S-9"], False)):
        report = _both(CHAIN, *MADE, notary.verification(FORGER))
        report.see_seals(seen)
        assert report.ok is good
        assert not any("look" in what for what in report.not_established)
        if not good:
            (failure,) = report.failures
            assert failure.name == "seals" and "S-1, S-2" in failure.detail
    report = _both(CHAIN, *MADE)
    report.see_seals(["S-1"])
    assert report.ok and "no verification statement" in _only(report, "seals")


# --- a terminal that is revoked --------------------------------------------------------------


def test_after_its_last_good_record_nothing_of_a_terminal_counts() -> None:
    stolen = notary.revoked((TERMINAL, FORGER.dev, 3, "stolen"))
    statements = [*MADE, notary.verification(FORGER), stolen]
    assert _both(CHAIN[:4], *statements).level == 3
    report = _both(CHAIN, *statements)
    assert report.level == 0
    assert {it.name for it in report.failures} == {"revocation"}
    assert [it.n for it in report.failures] == [4, 5, 6]
    assert "revoked by list 1 (stolen); its last record that counts is 3" in (
        report.failures[0].detail
    )
    none = notary.revoked((TERMINAL, FORGER.dev, None, "never made by us"))
    report = _both(CHAIN[:2], *MADE, none)
    assert [it.n for it in report.failures] == [0, 1]
    assert "none of its records counts" in report.failures[0].detail
    # Another terminal's entry.
    assert _both(CHAIN, *MADE, notary.revoked((TERMINAL, OTHER.dev, None, "x"))).level == 2
    # A root that does not vouch for it has nothing to say of it.
    foreign = notary.root("Other Scales", holders=("dora", "service", "office"), signers=("dora",))
    said = notary.revoked((TERMINAL, FORGER.dev, None, "x"), signers=("dora", "office"))
    assert _both(CHAIN, *MADE, foreign, said).level == 2


def test_blocks_of_a_revoked_terminal() -> None:
    stolen = notary.revoked((TERMINAL, FORGER.dev, 3, "stolen"))
    trust = _trust(*MADE, stolen)
    early, late = FORGER.block(0, CHAIN[:4]), FORGER.block(1, CHAIN[:5])
    assert verify([early], REGISTRY, trust=trust).ok
    report = verify([early, late], REGISTRY, trust=trust)
    assert [it.name for it in report.failures] == ["revocation"]
    assert "a block after record 4" in report.failures[0].detail
    uncertified = verify([early], REGISTRY, trust=_trust(*MADE[:1]))
    assert [it.name for it in uncertified.failures] == ["certificate"]


def test_blocks_are_covered_by_a_verification_too() -> None:
    timed = FORGER.block(0, CHAIN, f8=UTC + DAY, f9=[2, 1])
    trust = _trust(*MADE, notary.verification(FORGER))
    assert verify([*CHAIN, timed], REGISTRY, trust=trust).level == 3
    late = FORGER.block(0, CHAIN, f8=UTC + 40 * DAY, f9=[2, 1])
    assert verify([*CHAIN, late], REGISTRY, trust=trust).level == 2


# --- TEST, and roots that change -------------------------------------------------------------

TESTER = Forger(test=True)
TEST_CHAIN = TESTER.chain(5, TIMED)
TEST_REGISTRY = {TESTER.dev: KeyEntry(TESTER.public_key, "SY-1", test=True)}


def _tested(*statements: Statement, allow: bool = True) -> Report:
    trust = _trust(*statements)
    return verify(TEST_CHAIN, TEST_REGISTRY, allow_test=allow, trust=trust)


def test_a_test_terminal_belongs_to_a_test_root() -> None:
    test_root = notary.root("TEST root")
    made = (notary.station(), notary.office(), notary.device(TESTER))
    # A real root vouches for no TEST key, and is not asked about one.
    assert [it.name for it in _tested(notary.root(), *made).checks].count("certificate") == 0
    with pytest.raises(Doubtful, match="a TEST key, and root Berg Scales vouches for none"):
        Authority([notary.root(), *made]).device(TESTER.dev)
    report = _tested(test_root, *made, notary.verification(TESTER))
    assert report.ok and report.level == 1  # never green
    assert "under root TEST root" in _only(report, "certificate")
    assert not _tested(test_root, *made, allow=False).ok
    assert [it.name for it in _tested(test_root).failures] == ["certificate"]
    # And a TEST root says nothing about real terminals.
    with pytest.raises(Doubtful, match="vouches for TEST keys alone"):
        Authority([test_root, notary.station(), notary.device(FORGER)]).device(FORGER.dev)
    report = _both(CHAIN, test_root, notary.station(), notary.device(FORGER))
    assert report.level == 2 and any("no root" in what for what in report.not_established)


def test_only_the_holders_of_today_count() -> None:
    second = notary.root(version=2, holders=("anna", "ben", "dora"), signers=("anna", "ben"))
    # Anna and Cleo named the station, and Cleo holds nothing any more.
    assert _both(CHAIN, *MADE, second).level == 1
    again = notary.station(("anna", "ben"))
    assert _both(CHAIN, *MADE, second, again).level == 2
    assert _both(CHAIN, second, *MADE, again).level == 2


def test_what_a_witness_saw_stays_seen() -> None:
    said = {FORGER.dev: [cosign(7, root_of(CHAIN))]}
    authority = Authority([*MADE, notary.verification(FORGER)])
    report = verify(CHAIN, REGISTRY, trust=Trust({}, KNOWN, said, authority))
    assert report.level == 5


def test_a_proof_between_two_records_asks_for_the_same() -> None:
    proof = prove(CHAIN, 2, 5)
    report, _ = check(proof, REGISTRY)
    assert report.ok and "of the registry" in report.meaning
    report, _ = check(proof, REGISTRY, authority=Authority(MADE))
    assert report.ok and report.meaning == "signed by a certified terminal"
    report, _ = check(proof, REGISTRY, authority=Authority(MADE[:1]))
    assert [it.name for it in report.failures] == ["certificate"]
    stolen = notary.revoked((TERMINAL, FORGER.dev, 3, "stolen"))
    report, _ = check(proof, REGISTRY, authority=Authority([*MADE, stolen]))
    assert [(it.name, it.n) for it in report.failures] == [("revocation", 5)]
