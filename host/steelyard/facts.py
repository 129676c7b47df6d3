"""What a terminal says of itself that the doctor needs: rates, calibration, commissioning.

Owns: the converters' own noise (data sheets) and the way from replies to `Facts`.
Refuses: nothing; what the terminal does not tell, or not without a key, stays unknown.
Units: nanovolts at the input, counts, hertz.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from steelyard import boards
from steelyard.calibration import METHODS
from steelyard.client import Identity, Terminal
from steelyard.errors import DeviceRefused, UserError
from steelyard.findings import Facts

# reference/signal.md, section 3: (samples a second, rms noise in nV at gain 128). For CS1237 and
# NAU7802 at 320 from 16 noise-free bits of 39 mV at 5 V (6.6 sigma).
NOISE_NV: Mapping[str, tuple[tuple[float, float], ...]] = {
    "hx711": ((10, 50.0), (80, 90.0)),
    "ads1232": ((10, 17.0), (80, 44.0)),
    "nau7802": ((10, 50.0), (80, 90.0), (320, 90.0)),
    "cs1237": ((10, 8.0), (1280, 90.0)),
    "ads1220": ((20, 90.0), (330, 330.0), (1000, 600.0)),
}
# Full scale at gain 1 in reference voltages; the bridge's supply is the reference.
_FULL_SCALE = {"ads1220": 1.0}
_REFERENCE_V = 5.0  # less supply makes more counts of the same noise: 1.5 times at 3.3 V


def sheet_noise(chip: str, rate_hz: float, gain: int) -> float:
    """Counts of noise of one sample with nothing connected; 0 for an unknown chip.

    Between the rates of a sheet on a straight line in logarithms, beyond them as white noise.
    """
    points = NOISE_NV.get(chip, ())
    if not points or rate_hz <= 0:
        return 0.0
    first, last = points[0], points[-1]
    if rate_hz <= first[0]:
        nanovolts = first[1] * math.sqrt(rate_hz / first[0])
    elif rate_hz >= last[0]:
        nanovolts = last[1] * math.sqrt(rate_hz / last[0])
    else:
        above = next(at for at, point in enumerate(points) if point[0] >= rate_hz)
        (low_hz, low), (high_hz, high) = points[above - 1], points[above]
        part = math.log(rate_hz / low_hz) / math.log(high_hz / low_hz)
        nanovolts = low * (high / low) ** part
    return nanovolts * 1e-9 * gain * 2**23 / (_FULL_SCALE.get(chip, 0.5) * _REFERENCE_V)


def _board_rate(identity: Identity) -> tuple[float, int]:
    """Nominal rate and gain of the board; (0, 128) if this host does not know it as it is."""
    try:
        converter = boards.load(identity.board).converter
    except UserError:
        return 0.0, 128
    if converter["chip"] != identity.converter:
        return 0.0, 128  # somebody changed the board file
    return float(converter.get("rate_hz", 0)), int(converter.get("gain", 128))


def _number(values: Mapping[str, str], name: str) -> int:
    text = values.get(name, "0")
    return int(text) if text.lstrip("-").isdigit() else 0


def calibration_of(terminal: Terminal, config: Mapping[str, str]) -> dict[int, object] | None:
    """The calibration in force, as the firmware stores it (terminal.weighing.linearise); None if
    there is none, or the terminal does not tell without its key."""
    try:
        state = terminal.calibrate("STATUS")
    except DeviceRefused:
        return None
    if state.get("weight", "-") == "-":
        return None
    exp10 = int(config["exp10"])
    points = []
    for text in state["points"].split(","):
        counts, _, weight = text.partition(":")
        points.append([int(counts), int(Decimal(weight).scaleb(-exp10))])
    gravity, temperature = (
        [int(text) for text in state[name].split(",")] if "," in state[name] else None
        for name in ("gravity", "temperature")
    )
    return {
        1: int(state["generation"]),
        2: METHODS.index(state["method"].lower()),
        3: points,
        4: [exp10, int(config["unit"])],
        5: None,
        6: gravity,
        7: None,
        8: 0,
        9: None,
        10: temperature,
        11: None,
        12: None,
    }


@dataclass(frozen=True)
class Line:
    """A calibration on the whole: counts without load, counts of its largest weight, that weight
    in the terminal's unit."""

    zero: float
    span: float
    weight: Decimal

    @staticmethod
    def of(calibration: Mapping[int, Any]) -> Line:
        """Of a calibration as `calibration_of` gives it."""
        points, (exp10, _) = calibration[3], calibration[4]
        (first, _), (last, mantissa) = points[0], points[-1]
        return Line(first / 16, last / 16, Decimal(mantissa).scaleb(exp10))


def interval_counts(calibration: Mapping[int, Any] | None, config: Mapping[str, str]) -> float:
    """One scale interval in counts; 0 without a calibration."""
    if calibration is None:
        return 0.0
    line = Line.of(calibration)
    step = Decimal(config["e"]).scaleb(int(config["exp10"]))
    return abs((line.span - line.zero) * float(step / line.weight))


def facts_of(terminal: Terminal, identity: Identity, empty: bool, rate_hz: float) -> Facts:
    """What is known of a terminal beside its samples.

    empty: whether the platform is. rate_hz: measured, for a board that this host does not know.
    """
    nominal, gain = _board_rate(identity)
    # What the terminal itself was built for goes first: its board file may not be this host's.
    nominal = _number(terminal.status(), "nominal_mhz") / 1000 or nominal
    config = terminal.config()
    calibration = calibration_of(terminal, config)
    line = None if calibration is None else Line.of(calibration)
    return Facts(
        nominal_hz=nominal,
        sheet_noise=sheet_noise(identity.converter, nominal or rate_hz, gain),
        zero=None if line is None else round(line.zero),
        span=0 if line is None else round(line.span - line.zero),
        e=interval_counts(calibration, config),
        noise=_number(config, "noise") / 10,
        ring_hz=_number(config, "ring_mhz") / 1000,
        ring_max_hz=_number(config, "ring_max_mhz") / 1000,
        mains_hz=_number(config, "mains_hz") or 50.0,
        empty=empty,
    )
