"""Substitution at a virtual scale: what is found with material is what weights of Max find.

Units: kg.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from steelyard.errors import VERDICT, UserError
from steelyard.factory import plan as plans
from steelyard.factory.hands import Simulated
from steelyard.factory.instrument import Instrument
from steelyard.factory.loading import Loading
from steelyard.factory.recompute import recompute
from steelyard.factory.scales import of_config
from steelyard.factory.test_record import TestRecord, to_json
from steelyard.factory.testing import Surroundings, carry_out
from steelyard.simulator import World
from terminals import Bench
from test_test_command import begin

# 5.975 kg: more than a third of 15 kg, so the scale has to repeat 5 kg within 0.3 e (3.7.3).
SET = """
name = "TEST short set"

[certificate]
number = "TEST-1"
issuer = "TEST laboratory"
date = 2026-01-01
valid_until = 2099-01-01

[[piece]]
marks = ["2", "2*"]
nominal = "2 kg"
class = "M2"
errors = ["+200 mg", "+100 mg"]
uncertainty = "60 mg"

[[piece]]
mark = "1"
nominal = "1 kg"
class = "M1"
"""
SMALL = [("500g", "500 g"), ("200g", "200 g"), ("200g*", "200 g"), ("50g", "50 g")]
SMALL += [("20g", "20 g"), ("5g", "5 g")]
SET += "".join(
    f'\n[[piece]]\nmark = "{mark}"\nnominal = "{nominal}"\nclass = "M1"\n'
    for mark, nominal in SMALL
)
PLAN = """
[plan]
name = "two loads"
method = "fine"

[[phase]]
name = "weighing"
loads = ["5 kg", "14.975 kg"]
down = false
"""


def _tried(bench: Bench, plan: Path, loading: Loading | None) -> TestRecord:
    world = World(bench.simulator.addresses["world"])
    hands = Simulated(world, "kg", loading.errors() if loading else None)
    instrument = Instrument(bench.terminal, hands, "fine", loading)
    try:
        around = Surroundings(weights=loading.rows if loading else tuple)
        return carry_out(plans.load(str(plan)), instrument, around)
    finally:
        hands.let_go()


def _errors(record: TestRecord) -> list[Fraction]:
    (weighing,) = (phase for phase in record.phases if phase.name == "weighing")
    return [
        one.judged(record.scale).value
        for one in weighing.measurements
        if one.name.startswith("up")
    ]


def test_material_takes_the_place_of_weights(tmp_path: Path) -> None:
    register, plan = tmp_path / "weights.toml", tmp_path / "plan.toml"
    register.write_text(SET)
    plan.write_text(PLAN)
    # Half way such a cell is 3 g off its line to 15 kg: who takes the indication for what lies
    # there, and not the weights that lay there before, is 6 g wrong with two heaps.
    with begin(tmp_path, "cell nonlinearity 300 ppm") as bench:
        reference = _tried(bench, plan, None)
        loading = Loading.of_file(register, of_config(bench.terminal.config()))
        with pytest.raises(UserError, match="14.975 kg cannot be reached") as refused:
            loading(Fraction("14.975"))
        assert refused.value.exit_code == VERDICT
        record = _tried(bench, plan, loading)
    assert [phase.name for phase in record.phases] == ["substitution", "weighing"]
    first = record.phases[0]
    assert record.passes() and recompute(to_json(record)).equal
    assert first.wanted[1:5] == ("1 at 5", "2 at 5", "3 at 5", "spread at 5")
    assert first.wanted[5:] == ("material 1", "material 2")
    spread = first.measurements[4].judged(record.scale)
    assert spread.limits.high == Fraction("0.0015")  # 0.3 e
    # The first scoops were 5 and 10 g off; a tenth of e is left.
    for one in first.measurements[5:]:
        assert abs(one.judged(record.scale).value) <= Fraction("0.0005")
    # To tenths of e of 5 g, each rounded: three readings for each heap, and the last one.
    for found, known in zip(_errors(record), _errors(reference), strict=True):
        assert abs(found - known) <= Fraction("0.0015")
    assert abs(_errors(reference)[0]) >= Fraction("0.002")
    last = record.phases[1].measurements[-1]
    assert last.raw["pieces"].split()[:2] == ["material-1", "material-2"]
    used = {row["mark"]: row for row in record.weights}
    assert used["material-2"]["certificate"] == "in place of 2* + 2 + 1"
    # Of the weights: 60 mg + 60 mg + 50 mg (R 111: 1 kg M1); and a tenth of 5 g.
    assert used["material-2"]["uncertainty"] == "0.67 g"
    assert used["material-2"]["used"] == "by substitution"
