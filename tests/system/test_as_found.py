"""A terminal that weighed comes back: its errors are found, then it is adjusted, then tested.

Expected: metrology.md 4.5 and 7.7 (F4), EURAMET cg-18: as found before the adjustment, as left
after it, with other weights than those of the adjustment and a zero of its own.
"""

from __future__ import annotations

import threading
from fractions import Fraction as F
from pathlib import Path

import notary
import pytest
from steelyard.commands.test import hands_for
from steelyard.factory import product, weighing_steps
from steelyard.factory.test_record import TestRecord
from steelyard.factory.work import Work
from steelyard.keys.issuing import Desk
from terminals import SERIAL, Bench
from works import OWN, PLAN, SHORT, weights


def _work(bench: Bench, folder: Path) -> Work:
    """A run that begins over a terminal which has its key and its calibration."""
    # The steps that give it its approval and its seals are not carried out here.
    inspected = '[[phase]]\nname = "inspection"\nlooks = []\n'
    assert inspected in SHORT
    (folder / "short.toml").write_text(SHORT.replace(inspected, ""))
    (folder / "own.py").write_text(OWN)
    (folder / "weights.toml").write_text(weights())
    other = weights().replace("K-2026", "K-4711").replace('"Set 3"', '"Set 4"')
    (folder / "second.toml").write_text(other)
    # Tested with a set that is not the one of the adjustment.
    plan = PLAN.replace('"short.toml"\nweights = "weights', '"short.toml"\nweights = "second')
    assert "second.toml" in plan
    (folder / "market.toml").write_text(plan)
    identity = bench.terminal.identify()
    dev, software = identity.dev, identity.software_id.hex()
    run = bench.store.begin_run(SERIAL, "Market", "ab", "TEST Ada", "works", dev=dev)
    address, world = bench.simulator.pty, bench.simulator.addresses["world"]
    halt = threading.Event()
    return Work(
        *(address, product.load(folder / "market.toml"), bench.store, run, folder),
        desk=Desk(notary.private("station"), folder / "works.log", bench.store),
        hands=lambda terminal, loading, back: hands_for(terminal, world, "", loading, halt, back),
        operator="TEST Ada",
        told=lambda step, share, words: None,
        found={"key": {"key": "known to this host already"}, "flash": {"software": software}},
    )


def _error(record: TestRecord, load: str) -> F:
    """P - L of the weighing, as it was read."""
    (weighing,) = [phase for phase in record.phases if phase.name == "weighing"]
    (raw,) = [one.raw for one in weighing.measurements if one.name == f"up {load}"]
    return F(raw["fine"]) - F(raw["load"])


def test_F4_errors_are_found_before_the_adjustment_and_tested_after_it_with_other_weights(
    bench: Bench, tmp_path: Path
) -> None:
    work = _work(bench, tmp_path)
    before = bench.terminal.seals()["calibration"]
    found = weighing_steps.calibrate(work)
    left = bench.store.test(weighing_steps.try_out(work)["test"])
    first = bench.store.test(found["as_found"])
    assert first.conditions["state"] == "as found" and left.conditions["state"] == "as left"
    assert first.dut["calibration"] == before != found["digest"] == left.dut["calibration"]
    assert first.ended <= found["started"] <= found["ended"] <= left.started
    # It was right where it is; it is adjusted for Harbin now, where gravity is 1323 millionths
    # more (9.79345 at Hangzhou, 9.80641 there), and shows that much less here.
    assert abs(_error(first, "10")) < F("0.0005")
    assert float(_error(left, "10")) == pytest.approx(10 * (9.79345 / 9.80641 - 1), abs=0.0005)
    assert first.passes() and left.passes(guarded=True)
    # Other weights, by their certificates; a zero that was set anew.
    sets = [{row["certificate"][:6] for row in rows} for rows in (found["weights"], left.weights)]
    assert sets == [{"K-2026"}, {"K-4711"}]
    assert [phase.name for phase in left.phases].index("zero") == 2
    # Begun anew in the same run, what was found stays what was found.
    assert weighing_steps._found_before(work) == found["as_found"]
