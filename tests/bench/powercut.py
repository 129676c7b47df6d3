"""The bench topic `powercut`: cuts of the journal's flash operations, and what they broke.

Owns: some histories of tests/faults/power_cuts.py, cut at every operation and at any byte.
Refuses: nothing; what is broken is counted. Units: cuts.

lost: starts after which a record that was acknowledged, or a setting, was not what it should be.
reused: numbers that were given twice. `make soak` makes 10^5 cuts of this kind.
"""

from __future__ import annotations

import json

import vms

FAULTS = vms.ROOT / "tests/faults/power_cuts.py"
PATHS = (*vms.DEVICE_PATHS, vms.ROOT / "tests/unit")
# Device, records before the run, seed: see tests/faults/test_power_cuts.py.
RUNS = [("files", 0, 7), ("files", 53, 7), ("files", 50, 8), ("append", 20, 7)]


def measure() -> dict[str, object]:
    """{"cuts", "lost", "reused"}."""
    cuts = lost = reused = 0
    for device, records, seed in RUNS:
        asked = ("cuts", device, "real", "real", str(records), str(seed), "0")
        said = vms.run_micropython(FAULTS, *PATHS, timeout=600, argv=asked)
        result = json.loads(said.splitlines()[-1])
        cuts += result["cuts"]
        for _, what in result["broken"]:
            twice = "twice" in what
            reused += twice
            lost += not twice
    return {"cuts": cuts, "lost": lost, "reused": reused}
