"""Semi-automatic zero: how far the present zero lies from the calibrated one.

Owns: the offset. Refuses: with an error code, an offset beyond the range (R 76-1, 4.5.1).
Units: fine weight.
"""

from steelyard_wire.codes import ZERO_RANGE


class Zero:
    """offset: fine weight that counts as nothing; 0 after every start."""

    def __init__(self, config) -> None:
        # 1/1000 of Max, in fine units: max * 100 * zero_range / 1000.
        self._limit = config.max * config.zero_range // 10
        self.offset = 0

    def set(self, fine: int) -> int:
        """Take `fine`, measured from the calibrated zero, as zero; 0 or ZERO_RANGE."""
        if not -self._limit <= fine <= self._limit:
            return ZERO_RANGE
        self.offset = fine
        return 0
