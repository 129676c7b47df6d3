"""From filtered counts to weight: two-point calibration, exactly rounded, in small integers.

Owns: the calibration and its digest, and the division that applies it.
Refuses: with Refused(ARGUMENT), a calibration that cannot be applied; beyond 1.5 Max the
result stays at 1.5 Max, which every later stage calls overload.
Units: counts (filtered: in 1/LENGTH count); weights as mantissas, fine weights in 1/100 of them.
"""

from steelyard_wire import cbor
from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

FINE = 100
LENGTH = const(16)
_MIN_SPAN_COUNTS = const(1000)
_MAX_COUNTS = const(0x7FFFFF)


class Calibration:
    """Zero and one span point.

    generation: 1 for the first. zero_counts, span_counts: converter counts without load and with
    the load span_mantissa * 10**exp10 `unit`. reference: text (certificate of the weight) or None.
    """

    def __init__(
        self, generation, zero_counts, span_counts, span_mantissa, exp10, unit, reference
    ) -> None:
        self.generation = generation
        self.zero_counts = zero_counts
        self.span_counts = span_counts
        self.span_mantissa = span_mantissa
        self.exp10 = exp10
        self.unit = unit
        self.reference = reference
        for counts in (zero_counts, span_counts):
            if not -_MAX_COUNTS <= counts <= _MAX_COUNTS:
                raise Refused(ARGUMENT, "calibration counts")
        if span_counts - zero_counts < _MIN_SPAN_COUNTS or generation < 1 or span_mantissa < 1:
            raise Refused(ARGUMENT, "calibration")

    @staticmethod
    def from_map(stored: dict) -> "Calibration":
        """The calibration of a map as `to_map` gives it; Refused(ARGUMENT) if it is another."""
        if len(stored) != 7:
            raise Refused(ARGUMENT, "calibration map")
        return Calibration(*[stored[key] for key in range(1, 8)])

    def to_map(self) -> dict:
        """{1: generation, 2: zero, 3: span counts, 4: span, 5: exp10, 6: unit, 7: reference}."""
        return {
            1: self.generation,
            2: self.zero_counts,
            3: self.span_counts,
            4: self.span_mantissa,
            5: self.exp10,
            6: self.unit,
            7: self.reference,
        }

    def digest(self, config) -> bytes:
        """8 bytes over the calibration and the parameters of `config` (record key 15)."""
        return sha256(cbor.encode([self.to_map(), config.to_map()]))[:8]


class Lineariser:
    """Applies a calibration to filtered counts, given in 1/LENGTH count.

    The divisor stays below 2**28: the division may hold three of them. The smaller it is, the more
    bits of the factor are taken at a time.
    """

    def __init__(self, calibration: Calibration, config) -> None:
        if (calibration.unit, calibration.exp10) != (config.unit, config.exp10):
            raise Refused(ARGUMENT, "the calibration is in another unit")
        span = calibration.span_counts - calibration.zero_counts
        self._zero = calibration.zero_counts * LENGTH
        self._divisor = span * LENGTH
        self._factor = calibration.span_mantissa * FINE
        # An initial zero of 20 % taken off leaves it beyond Max + 9 e, and below 2**30.
        self._most = 3 * config.max * FINE // 2
        self._whole = self._most // self._factor
        shift = 1
        while self._divisor * ((4 << shift) - 1) < 1 << 30:
            shift += 1
        self._shift = shift
        digits = []
        rest = self._factor
        while rest:
            digits.append(rest & (1 << shift) - 1)
            rest >>= shift
        digits.reverse()
        self._digits = digits

    def fine(self, total: int) -> int:
        """Fine weight of `total` in 1/LENGTH count: (total - zero) * factor / divisor.

        Rounded half away from zero. Long division, some bits of the factor at a time, so that
        nothing passes 2**30: the product itself has up to 56 bits.
        """
        over = total - self._zero
        negative = over < 0
        if negative:
            over = -over
        divisor = self._divisor
        quotient = over // divisor
        if quotient > self._whole:
            return -self._most if negative else self._most
        part = over - quotient * divisor
        whole = quotient * self._factor
        quotient = 0
        rest = 0
        shift = self._shift
        for digit in self._digits:
            rest = (rest << shift) + part * digit
            more = rest // divisor
            rest -= more * divisor
            quotient = (quotient << shift) + more
        if rest + rest >= divisor:
            quotient += 1
        # Compared before they are added: the sum may have 31 bits.
        quotient = self._most if quotient > self._most - whole else quotient + whole
        return -quotient if negative else quotient
