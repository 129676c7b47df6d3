"""What somebody may ask of the weight path: a registration, a zero, a tare.

Owns: whether the moment allows it. Refuses: with an error code, before anything has changed.
Units: fine weight.
"""

from steelyard_wire import codes

# Status without a number.
BLANK = codes.ST_OVER | codes.ST_UNDER | codes.ST_NO_ZERO
# What passes by itself.
NOT_BROKEN = (codes.FAULT_NONE, codes.FAULT_GAP, codes.FAULT_SETTLING, codes.FAULT_JUMP)


class Requests:
    """The part of weigher.Weigher that is asked; it has the state."""

    def obstacle(self) -> int:
        """Why there is no stable weight now: an error code, or 0."""
        reading = self.reading
        status = reading.status
        if status & codes.ST_OVER:
            return codes.OVERLOAD
        if status & codes.ST_UNDER:
            return codes.UNDERLOAD
        if reading.fault not in NOT_BROKEN:
            return codes.CONVERTER_FAULT
        if self.blank & codes.ST_CASE_OPEN:
            return codes.LOCKED
        if self.blank & ~codes.ST_WARM_UP:
            return codes.CHECK_FAILED
        if not self.full or self.blank:
            return codes.NOT_READY
        if self._scale is None:
            return codes.NOT_CALIBRATED
        if status & codes.ST_NO_ZERO:
            return codes.ZERO_RANGE if status & codes.ST_STABLE else codes.MOTION
        return 0 if status & codes.ST_STABLE else codes.MOTION

    def registrable(self) -> int:
        """0 if the reading may be registered, else the error code that says why not."""
        code = self.obstacle()
        if code:
            return code
        if self.reading.status & codes.ST_NEGATIVE:
            return codes.NEGATIVE
        if self._tare.active and self.reading.fine > self._max_fine:
            return codes.OVERLOAD  # 4.6.6: a tare takes nothing from Max
        return 0

    def zero(self) -> int:
        """Set zero; cancels a tare (R 76-1, 4.5.4). 0 or an error code."""
        code = self.obstacle()
        status = self.reading.status
        if status & BLANK and not self.reading.fault:
            # Out of the indication's range but measured: the zero range decides.
            code = 0 if status & codes.ST_STABLE else codes.MOTION
        code = code or self._kept() or self.origin.set(self.reading.fine + self.origin.offset)
        if code == 0:
            self._tare.clear()
            self._indicate(self._scale.fine(self.filter.value))
        return code

    def tare(self) -> int:
        """Take the load as tare; 0 or an error code."""
        code = self.obstacle()
        if code == 0 and self.reading.fine > self._max_fine:
            code = codes.OVERLOAD
        return self._retared(code or self._tare.take(self.reading.fine, self._ranges))

    def preset_tare(self, fine: int) -> int:
        """Take a keyed-in tare, whatever lies on the scale; 0 or an error code."""
        return self._retared(self._tare.key_in(fine, self._ranges))

    def clear_tare(self) -> int:
        """Show gross weight again; 0 or an error code."""
        code = self._kept()
        if code == 0:
            self._tare.clear()
        return self._retared(code)

    def _kept(self) -> int:
        """TARE_KEPT where a tare in use ends with the load alone (4.13.3.2), else 0."""
        if not self.config.direct_sale or not self._tare.active:
            return 0
        unloaded = self.obstacle() == 0 and -self._half <= self.reading.fine <= self._half
        return 0 if unloaded else codes.TARE_KEPT

    def _retared(self, code: int) -> int:
        if code == 0 and self.full and self._scale is not None and not self.blank:
            self._indicate(self._scale.fine(self.filter.value))
        return code
