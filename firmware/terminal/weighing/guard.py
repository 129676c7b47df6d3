"""Which samples may be averaged.

Owns: the decision on each sample, and what its refusal does to the window. Refuses: samples that
carry a fault. This is the one place for it: supervision of freeze, jump, rate and noise comes
here.
Units: none.
"""

from steelyard_wire.codes import FAULT_GAP, FAULT_NONE
from steelyard_wire.shim import const

REJECT = const(0)
# Begin anew with the next one: what came before is too old, and a frame that was read late may be
# half of the next word (firmware/simulation/hx711_chip.py, A1).
RESTART = const(1)
ACCEPT = const(2)


class Guard:
    """Judges samples one by one."""

    def judge(self, _counts: int, fault: int) -> int:
        """REJECT, RESTART or ACCEPT."""
        if fault == FAULT_NONE:
            return ACCEPT
        if fault == FAULT_GAP:
            return RESTART
        return REJECT
