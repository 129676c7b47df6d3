"""From filtered counts to weight: straight pieces between points, exactly rounded, small integers.

Owns: the calibration and its digest, and the division that applies it.
Refuses: with Refused(ARGUMENT), a calibration that cannot be applied; beyond 1.5 Max the
result stays at 1.5 Max, which every later stage calls overload.
Units: filtered counts in 1/LENGTH count; weights as mantissas, fine weights in 1/100 of them;
gravity in 10**-5 m/s2; temperatures in 0.01 degrees Celsius.
"""

from steelyard_wire import cbor
from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

FINE = 100
LENGTH = const(16)
# How the points were found: weighed and taken as they are, a straight line fitted to what was
# weighed (least squares), or computed from the load cell's data.
SEGMENTS = 0
LINE = 1
CELL = 2
_MIN_SPAN = const(16000)  # 1000 counts
_MAX_POINT = const(0x7FFFFF0)
_MOST_POINTS = const(11)
# What temperature may do in a kelvin: 16777 counts to zero, 1/1000 to the span.
_MOST_ZERO = const(16777216)
_MOST_SPAN = const(1000000)


class Calibration:
    """What the counts mean; its map is what the record of a calibration says, too.

    generation: 1 for the first, counts every commit. method: SEGMENTS, LINE or CELL. points:
    (filtered counts in 1/LENGTH, mantissa of the load) from zero on, 2 to 11. exp10, unit: of the
    mantissas. reference: text (certificate of the weights) or None. gravity: (where it was
    calibrated, where it weighs) or None. check: (load, error found in fine units) of the second
    weight, or None. residual: the largest distance of what was weighed from the points, in fine
    units. restored: the generation that this one puts in force again, or None. temperature: of
    the load cell when zero was taken, what a kelvin does to zero (1/1000 count) and span (10**-9),
    the lag in s (0: what a kelvin does is not known), the coldest and the warmest for which that
    was found; None without a thermometer. shunt: filtered counts that the span check's resistor
    adds, or None. tilt: how far it leant when zero was taken (drivers/tilt.py), or None.
    """

    def __init__(
        self,
        generation,
        method,
        points,
        scale,
        reference=None,
        gravity=None,
        check=None,
        residual=0,
        restored=None,
        temperature=None,
        shunt=None,
        tilt=None,
    ) -> None:
        self.generation = generation
        self.method = method
        self.points = [tuple(point) for point in points]
        self.exp10, self.unit = scale
        self.reference = reference
        self.gravity = gravity
        self.check = check
        self.residual = residual
        self.restored = restored
        self.temperature = temperature
        self.shunt = shunt
        self.tilt = tilt
        self.lag_s = temperature[3] if temperature else 0
        if temperature and (abs(temperature[1]) > _MOST_ZERO or abs(temperature[2]) > _MOST_SPAN):
            raise Refused(ARGUMENT, "temperature coefficients")
        if generation < 1 or not 2 <= len(points) <= _MOST_POINTS or points[0][1]:
            raise Refused(ARGUMENT, "calibration")
        before, load = self.points[0][0] - 1, -1
        for counts, mantissa in self.points:
            if not -_MAX_POINT <= counts <= _MAX_POINT or counts <= before or mantissa <= load:
                raise Refused(ARGUMENT, "calibration points")
            before, load = counts, mantissa
        if self.points[-1][0] - self.points[0][0] < _MIN_SPAN:
            raise Refused(ARGUMENT, "calibration span")

    @staticmethod
    def two_points(
        generation, zero_counts, span_counts, mantissa, exp10, unit, reference=None
    ) -> "Calibration":
        """One of zero and one weight, from whole counts."""
        points = ((zero_counts * LENGTH, 0), (span_counts * LENGTH, mantissa))
        return Calibration(generation, SEGMENTS, points, (exp10, unit), reference)

    @staticmethod
    def from_map(stored: dict) -> "Calibration":
        """The calibration of a map as `to_map` gives it; Refused(ARGUMENT) if it is another."""
        # An earlier firmware's ends sooner.
        if sorted(stored) != list(range(1, 13))[: max(9, len(stored))]:
            raise Refused(ARGUMENT, "calibration map")
        return Calibration(*[stored[key] for key in sorted(stored)])

    def to_map(self) -> dict:
        """Its data, as protocol/README.md numbers those of a CALIBRATION record."""
        return {
            1: self.generation,
            2: self.method,
            3: [list(point) for point in self.points],
            4: [self.exp10, self.unit],
            5: self.reference,
            6: self.gravity,
            7: self.check,
            8: self.residual,
            9: self.restored,
            10: self.temperature,
            11: self.shunt,
            12: self.tilt,
        }

    def digest(self, config) -> bytes:
        """8 bytes over the calibration and the parameters of `config` (record key 15)."""
        return sha256(cbor.encode([self.to_map(), config.to_map()]))[:8]

    def counts_of(self, mantissa: int) -> int:
        """What a weight makes on the average, in 1/LENGTH count: for limits, not for weighing."""
        first, last = self.points[0], self.points[-1]
        return (last[0] - first[0]) * mantissa // last[1]

    def known_at(self, celsius: "int | None") -> bool:
        """Whether what this temperature does was found, or is not said at all."""
        return not self.lag_s or self.temperature[4] <= celsius <= self.temperature[5]

    def points_at(self, celsius: "int | None") -> list:
        """The points when the load cell is so warm; allocates."""
        if not self.lag_s or celsius is None:
            return self.points
        reference, zero, span = self.temperature[:3]
        warmer = celsius - reference
        first = self.points[0][0]
        moved = first + (zero * warmer * LENGTH + 50000) // 100000
        return [
            (moved + over + (over * span * warmer + 50000000000) // 100000000000, load)
            for over, load in [(counts - first, load) for counts, load in self.points]
        ]


class Lineariser:
    """Applies a calibration to filtered counts, given in 1/LENGTH count.

    A divisor stays below 2**28: the division may hold three of them. The smaller it is, the more
    bits of the factor are taken at a time. celsius: of the load cell, where it is known.
    """

    def __init__(self, calibration: Calibration, config, celsius: "int | None" = None) -> None:
        if (calibration.unit, calibration.exp10) != (config.unit, config.exp10):
            raise Refused(ARGUMENT, "the calibration is in another unit")
        # An initial zero of 20 % taken off leaves it beyond Max + 9 e, and below 2**30.
        self._most = 3 * config.max * FINE // 2
        here, there = calibration.gravity or (1, 1)
        points = [
            (counts, (2 * mantissa * FINE * here + there) // (2 * there))
            for counts, mantissa in calibration.points_at(celsius)
        ]
        self._pieces = [self._piece(points[at], points[at + 1]) for at in range(len(points) - 1)]
        self._last = len(self._pieces) - 1
        self.top = points[-1][1]  # fine weight of the largest load that was calibrated

    def _piece(self, point, after) -> tuple:
        """(where it begins: counts, fine weight; divisor, factor, whole, shift, digits)."""
        divisor = after[0] - point[0]
        factor = after[1] - point[1]
        if factor < 1:
            raise Refused(ARGUMENT, "calibration points")
        shift = 1
        while divisor * ((4 << shift) - 1) < 1 << 30:
            shift += 1
        digits = []
        rest = factor
        while rest:
            digits.append(rest & (1 << shift) - 1)
            rest >>= shift
        digits.reverse()
        return point[0], point[1], divisor, factor, self._most // factor, shift, digits

    def fine(self, total: int) -> int:
        """Fine weight of `total` in 1/LENGTH count: begin + (total - counts) * factor / divisor.

        Rounded half away from zero. The first and the last piece go on beyond their ends. Long
        division, some bits of the factor at a time, so that nothing passes 2**30: the product
        itself has up to 56 bits.
        """
        at = self._last
        piece = self._pieces[at]
        while at and total < piece[0]:
            at -= 1
            piece = self._pieces[at]
        over = total - piece[0]
        negative = over < 0
        if negative:
            over = -over
        divisor = piece[2]
        most = self._most
        quotient = over // divisor
        if quotient > piece[4]:
            return -most if negative else most
        part = over - quotient * divisor
        whole = quotient * piece[3] + piece[1]
        quotient = 0
        rest = 0
        shift = piece[5]
        for digit in piece[6]:
            rest = (rest << shift) + part * digit
            more = rest // divisor
            rest -= more * divisor
            quotient = (quotient << shift) + more
        if rest + rest >= divisor:
            quotient += 1
        # Compared before they are added: the sum may have 31 bits.
        quotient = most if quotient > most - whole else quotient + whole
        return -quotient if negative else quotient
