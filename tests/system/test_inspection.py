"""Before any weight (metrology.md, 4.1, step 0): what a terminal is asked, what eyes must see.

Owns: the inspection of one terminal from the bench to a seal that was broken.
Units: none.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import sealing
from steelyard.factory import plan as plans
from steelyard.factory.hands import Simulated
from steelyard.factory.instrument import Instrument
from steelyard.factory.measurement import RIGHT, WRONG
from steelyard.factory.papers import Papers, known_here
from steelyard.factory.recompute import recompute
from steelyard.factory.test_record import BROKEN, FAILED, PASSED, TestRecord, to_json
from steelyard.factory.testing import Surroundings, carry_out
from steelyard.simulator import World
from terminals import SERIAL, Bench, Start

_BY_EYE = ["marks on the scale", "level"]


class Somebody(Simulated):
    """The world's hands, and eyes. wrong: number of what is not as it should be."""

    wrong = 0

    def look(self, what: Sequence[str]) -> list[str]:
        self.asked = list(what)
        return [WRONG if at == self.wrong else RIGHT for at in range(1, len(what) + 1)]


def inspected(
    bench: Bench, papers: Papers | None = None, eyes: type[Simulated] = Simulated, wrong: int = 0
) -> TestRecord:
    """The inspection of `initial-verification`."""
    hands = eyes(World(bench.simulator.addresses["world"]), "kg")
    if isinstance(hands, Somebody):
        hands.wrong = wrong
    plan = plans.load("initial-verification").only(["inspection"])
    if papers is not None:
        plan = plan.by_papers(papers)
    made = carry_out(plan, Instrument(bench.terminal, hands), Surroundings())
    hands.let_go()
    assert made.phases[0].why == ""
    # As every verdict: computed again from what was read.
    assert recompute(to_json(made)).equal
    return made


def wrong_in(made: TestRecord) -> set[str]:
    """What is wrong; what nobody looked at is not."""
    (phase,) = made.phases
    bad = [one for one in phase.measurements if not one.judged(made.scale).passed]
    return {one.name for one in bad if not one.unseen}


def outcome(made: TestRecord) -> str:
    return made.phases[0].outcome(made.scale)


def test_from_the_bench_to_a_broken_seal(start: Start) -> None:
    bench = start("calibrated")
    known = known_here(bench.store, bench.terminal.identify())
    # Nobody stands behind it yet: R 76-1, 7.1 and row C3 want what a statement gives it.
    made = inspected(bench, known)
    assert wrong_in(made) == {"type approval", "production code", "seal numbers"}
    assert outcome(made) == FAILED and made.phases[0].unseen() == _BY_EYE
    raw = {one.name: one.raw for one in made.phases[0].measurements}
    assert raw["serial number"]["is"] == raw["serial number"]["should"] == SERIAL
    software = bench.terminal.identify().software_id.hex()
    # Computed from the sources here, by the rule and not by the terminal.
    assert raw["software identification"]["should"] == software
    assert raw["seal"]["should"] == "not sealed | sealed" and raw["seal"]["is"] == "not sealed"
    sealing.certify(bench)
    # A machine that puts weights on saw nothing: that is no verdict.
    made = inspected(bench, known)
    assert wrong_in(made) == set() and outcome(made) == BROKEN and not made.passes()
    assert outcome(inspected(bench, known, Somebody)) == PASSED
    made = inspected(bench, known, Somebody, wrong=2)
    assert outcome(made) == FAILED and wrong_in(made) == {"level"}
    # What is known here and is otherwise on the terminal.
    for name, value in (("Max and e", "Max 6.000 kg, e = d = 0.002 kg"), ("seal numbers", "A1")):
        made = inspected(bench, Papers({**known.marks, name: value}), Somebody)
        assert wrong_in(made) == {name}
    version = bench.terminal.identify().firmware
    made = inspected(bench, Papers(software={version: "00" * 32}), Somebody)
    assert wrong_in(made) == {"software identification"}
    bench.terminal.set_time(int(time.time()))
    bench.terminal.seal()
    sealing.started(bench)
    made = inspected(bench, known, Somebody)
    assert outcome(made) == PASSED
    names = [one.name for one in made.phases[0].measurements if one.rule == "seen"]
    # What runs a sealed one it tells the factory alone: its identification is compared by eye.
    assert names == [*_BY_EYE[:1], "seals on the case", "level", names[-1]]
    assert names[-1] == "software identification, by the approval"
    # In the works the seal comes after the test.
    assert wrong_in(inspected(bench, Papers(sealed_after=True), Somebody)) == {"seal"}
    for command in ("open case", "advance 2 s"):
        bench.world(command)
    made = inspected(bench, known, Somebody)
    assert {"lock", "case", "alarm"} <= wrong_in(made)
