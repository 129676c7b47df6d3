"""The uncertainty of errors of indication, as EURAMET cg-18 v4.0 computes it.

Owns: the contributions to a budget, the coverage factor, and what follows for the use of the scale
(metrology.md, 5.1). Refuses: ValueError, numbers from which nothing can be computed.
Units: everything in one unit of weight, as float: an uncertainty is no exact number; relative
terms have none. Standard uncertainties are called u, expanded ones U = k u.

Corrections nobody makes are listed with their uncertainty: buoyancy is not corrected; gravity
needs no term, because a scale is calibrated where it is used, or its factor belongs to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

COVERAGE = 0.9545
RELIABLE = 10  # weighings from which s is good enough for k = 2 (cg-18, appendix B)
MANY = 50  # effective degrees of freedom from which k = 2, too
NORMAL, RECTANGULAR = "normal", "rectangular"
_ROOT_3, _ROOT_12 = math.sqrt(3), math.sqrt(12)
_AIR, _STEEL = 1.2, 8000.0  # rho0 and rhoc of the conventional mass, kg/m3


@dataclass(frozen=True)
class Contribution:
    """One line of a budget. name: of what; formula: how u came from value; of: I or m_ref."""

    name: str
    formula: str
    value: float
    u: float
    distribution: str = RECTANGULAR
    freedom: float = math.inf
    of: str = "I"


@dataclass(frozen=True)
class Budget:
    """The uncertainty of one error of indication, with all that contributes."""

    contributions: tuple[Contribution, ...]
    weighings: int = RELIABLE

    def _part(self, of: str) -> float:
        return math.sqrt(math.fsum(one.u**2 for one in self.contributions if one.of == of))

    @property
    def indication(self) -> float:
        """u(I)."""
        return self._part("I")

    @property
    def reference(self) -> float:
        """u(m_ref)."""
        return self._part("m_ref")

    @property
    def standard(self) -> float:
        """u(E) = sqrt(u(I)^2 + u(m_ref)^2)."""
        return math.hypot(self.indication, self.reference)

    @property
    def freedom(self) -> float:
        """Effective degrees of freedom (Welch-Satterthwaite): u(E)^4 / sum(u_i^4 / nu_i)."""
        below = math.fsum(
            one.u**4 / one.freedom for one in self.contributions if one.freedom < math.inf
        )
        return self.standard**4 / below if below else math.inf

    @property
    def k(self) -> float:
        """The coverage factor: 2, unless s comes from few weighings and decides."""
        if self.weighings >= RELIABLE or self.freedom >= MANY:
            return 2.0
        return coverage_factor(max(1, math.floor(self.freedom)))

    @property
    def expanded(self) -> float:
        """U(E) = k u(E)."""
        return self.k * self.standard


@dataclass(frozen=True)
class Piece:
    """A weight in the scale's unit. tolerance: of its class; expanded and k: of its certificate.

    expanded is None where it is used at its nominal value, within its tolerance.
    """

    nominal: float
    tolerance: float
    expanded: float | None = None
    k: float = 2.0

    @property
    def u(self) -> float:
        """u(dm_c) = U/k of the certificate, or Tol/sqrt(3) at the nominal value."""
        if self.expanded is None:
            return self.tolerance / _ROOT_3
        return self.expanded / self.k


@dataclass(frozen=True)
class Weighed:
    """What is known of a scale beside its errors.

    d0: interval at zero; d: with which the load was read; s of how many weighings. zeroed: zero
    was set just before, a quarter of d exact. off_centre: (largest difference of eccentricity, at
    which load), where the load is of several bodies.
    """

    d0: float
    d: float
    s: float
    weighings: int = RELIABLE
    zeroed: bool = False
    off_centre: tuple[float, float] | None = None


def standard_deviation(values: Sequence[float]) -> float:
    """s = sqrt(sum((I_i - mean)^2) / (n - 1))."""
    if len(values) < 2:
        raise ValueError("a standard deviation needs two weighings at least")
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (len(values) - 1))


def indication(known: Weighed, load: float) -> list[Contribution]:
    """u(I) = sqrt(d0^2/12 + d_L^2/12 + s^2 + u_ecc^2 I^2) in its parts.

    After setting zero on a scale of an approved type d0 has a half width of 0.25 d: d0/(4 sqrt 3).
    Eccentricity: u_rel = dI_ecc_max / (2 L_ecc sqrt 3), times I.
    """
    if known.zeroed:
        zero = Contribution("zero set", "d/(4√3)", known.d0, known.d0 / (4 * _ROOT_3))
    else:
        zero = Contribution("rounding at zero", "d/√12", known.d0, known.d0 / _ROOT_12)
    freedom = float(known.weighings - 1)
    found = [
        zero,
        Contribution("rounding at load", "d/√12", known.d, known.d / _ROOT_12),
        Contribution("repeatability", "s", known.s, known.s, NORMAL, freedom),
    ]
    if known.off_centre is not None:
        difference, at = known.off_centre
        if at <= 0:
            raise ValueError("eccentricity needs the load at which it was measured")
        u = abs(difference) / (2 * at * _ROOT_3) * abs(load)
        found.append(Contribution("eccentricity", "Δ·I/(2·L·√3)", abs(difference), u))
    return found


def reference(pieces: Sequence[Piece], *, adjusted: bool = True) -> list[Contribution]:
    """u(m_ref) in its parts; those of several weights add linearly.

    Drift: D/sqrt(3) with a D of a third of the tolerance. Buoyancy, not corrected: mpe/(4 sqrt 3)
    of a scale adjusted just before, else (0.1 rho0/rhoc m_N + mpe/4)/sqrt(3).
    """
    expanded = any(one.expanded is not None for one in pieces)
    limits = math.fsum(one.tolerance for one in pieces)
    nominal = math.fsum(one.nominal for one in pieces)
    u = math.fsum(one.u for one in pieces)
    if expanded:
        of_pieces = [one.tolerance if one.expanded is None else one.expanded for one in pieces]
        mass = Contribution("weights", "ΣU/k", math.fsum(of_pieces), u, NORMAL, of="m_ref")
    else:
        mass = Contribution("weights", "Tol/√3", limits, u, of="m_ref")
    buoyancy = limits / 4 + (0 if adjusted else 0.1 * _AIR / _STEEL * nominal)
    formula = "Tol/(4√3)" if adjusted else "(0.1·ρ₀/ρc·m + Tol/4)/√3"
    return [
        mass,
        Contribution("drift of the weights", "D/√3", limits / 3, limits / 3 / _ROOT_3, of="m_ref"),
        Contribution("buoyancy", formula, buoyancy, buoyancy / _ROOT_3, of="m_ref"),
    ]


def budget(
    known: Weighed, load: float, pieces: Sequence[Piece], *, adjusted: bool = True
) -> Budget:
    """The uncertainty of the error at a load that is made of pieces."""
    parts = [*indication(known, load), *reference(pieces, adjusted=adjusted)]
    return Budget(tuple(parts), known.weighings)


def coverage_factor(freedom: int, share: float = COVERAGE) -> float:
    """The factor of Student's t: `share` of all values lie within k u.

    Sums that end, of whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    if freedom < 1:
        raise ValueError("there is no coverage factor without a degree of freedom")
    low, high = 0.0, 100.0
    for _ in range(80):
        middle = (low + high) / 2
        if _within(middle, freedom) < share:
            low = middle
        else:
            high = middle
    return high


def _within(t: float, freedom: int) -> float:
    """The share of Student's distribution between -t and t."""
    angle = math.atan2(t, math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = cosine if freedom % 2 else 1.0
    total = 0.0
    for power in range(freedom % 2, freedom - 1, 2):
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    if freedom % 2:
        return 2 / math.pi * (angle + sine * total)
    return sine * total


@dataclass(frozen=True)
class Use:
    """U(W) = alpha + beta R: of a reading R in use, errors not corrected."""

    alpha: float
    beta: float
    points: tuple[tuple[float, float], ...] = field(default=())

    def of(self, reading: float) -> float:
        """U(W) of a reading."""
        return self.alpha + self.beta * reading

    def least(self, required: float, safety: float = 1.0) -> float | None:
        """R_min = alpha SF / (Req - beta SF); None where no reading is that exact.

        required: relative uncertainty that is wanted; safety: factor of safety, 1 or more.
        """
        room = required - self.beta * safety
        return self.alpha * safety / room if room > 0 else None


def in_use(
    known: Weighed,
    errors: Sequence[tuple[float, float, float]],
    *,
    temperature: float = 0.0,
    buoyancy: float = 0.0,
    adjustment: float = 0.0,
) -> Use:
    """The line of least squares through U(W) = 2 u(W) + |E| of the calibrated points.

    errors: (reading, E, u(E)) of each. The reading in use brings rounding (at zero and at load),
    repeatability and eccentricity again. Relative, with rectangular distribution, their widths or
    half widths: temperature (K_T times its range; /sqrt(12)), buoyancy and the drift of the
    adjustment (/sqrt(3)).
    """
    relative = math.hypot(temperature / _ROOT_12, buoyancy / _ROOT_3, adjustment / _ROOT_3)
    if known.off_centre is not None:
        difference, at = known.off_centre
        relative = math.hypot(relative, difference / (2 * at * _ROOT_3))
    fixed = math.hypot(known.d0 / _ROOT_12, known.d0 / _ROOT_12, known.s)
    found = []
    for reading, error, u in errors:
        found.append((reading, 2 * math.hypot(u, fixed, relative * reading) + abs(error)))
    found.sort()
    if len(found) < 2 or not any(one[0] < other[0] for one, other in pairwise(found)):
        raise ValueError("a line needs the uncertainty at two readings at least")
    mean_x = math.fsum(x for x, _ in found) / len(found)
    mean_y = math.fsum(y for _, y in found) / len(found)
    beta = math.fsum((x - mean_x) * (y - mean_y) for x, y in found) / math.fsum(
        (x - mean_x) ** 2 for x, _ in found
    )
    return Use(mean_y - beta * mean_x, beta, tuple(found))


def two_figures(u: float) -> int:
    """Places after the point that show two significant figures of an uncertainty (at most)."""
    if u <= 0:
        return 0
    return max(0, 1 - math.floor(math.log10(float(f"{u:.1e}"))))
