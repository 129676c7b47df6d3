"""What the wiring doctor can find, in plain words; docs/doctor.md explains each at length.

Owns: the id, the severity, the sentence (what is wrong) and the advice (what to do) of every
finding, and the form of a report.
Refuses: nothing. Units: counts, hertz, seconds.

fault: no right weight can come of it. warning: weights come, but worse ones or slower.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from steelyard.ringing import Ring
from steelyard.spectrum import Array, Spectrum

FAULT = "fault"
WARNING = "warning"


@dataclass(frozen=True)
class Facts:
    """What is known beside the samples; 0 or None: not known.

    nominal_hz: the rate that the board is built for. sheet_noise: counts, one sample, of the
    converter alone (its data sheet). zero, span: counts of the empty platform and of the weight,
    less zero, at calibration. e: a scale interval in counts. noise, ring_hz: of commissioning.
    empty: whether the platform is empty.
    """

    nominal_hz: float = 0.0
    sheet_noise: float = 0.0
    zero: int | None = None
    span: int = 0
    e: float = 0.0
    noise: float = 0.0
    ring_hz: float = 0.0
    ring_max_hz: float = 0.0
    mains_hz: float = 50.0
    empty: bool = True


@dataclass(frozen=True)
class Finding:
    """Something wrong. severity: fault (no right weight) or warning (a worse one).

    sentence: what is wrong. advice: what to do. numbers: what it was found by.
    """

    id: str
    severity: str
    sentence: str
    advice: str
    numbers: dict[str, float | int]


@dataclass
class Report:
    """All findings, worst first; checked: what was looked at; unchecked: what was not, and why.

    rest: counts of the platform at rest, which spectrum and noise are of.
    """

    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    ring: Ring | None = None
    spectrum: Spectrum | None = None
    rest: Array | None = None

    @property
    def ids(self) -> list[str]:
        """The ids of the findings."""
        return [finding.id for finding in self.findings]


# id: severity, sentence with the numbers that diagnosis.py gives, advice
FINDINGS: dict[str, tuple[str, str, str]] = {
    "no_data": (
        FAULT,
        "The converter is silent: {share:.0%} of the time no sample came.",
        "Check its supply, the ground between it and the board, and the data and clock wires"
        " against the board's pins (`steelyard boards`). If they are right, replace the module.",
    ),
    "rate_jumper": (
        FAULT,
        "The converter makes {rate_hz:.1f} samples a second, and the board is built for"
        " {nominal_hz:.0f}.",
        "Set the rate jumper (HX711: pin RATE, low 10, high 80) to what the board file says, or"
        " take a board file with the other rate and flash again.",
    ),
    "frozen": (
        FAULT,
        "The converter gives the same word, {counts:.0f}, for {samples:.0f} samples: it no longer"
        " converts.",
        "Take the power off and on. If it comes again, replace the module: a living input always"
        " has some noise.",
    ),
    "open_bridge": (
        FAULT,
        "The input floats: it wanders over {wander:.0f} % of full scale with {noise:.0f} counts of"
        " noise. A wire of the load cell is open.",
        "Find the broken or loose wire: pull gently at each of the four, look at the screws and"
        " solder joints, and measure the resistance between E+ and E- and between S+ and S- with"
        " the cell unplugged (350 to 1100 ohms each).",
    ),
    "saturated_high": (
        FAULT,
        "The input is at the upper end of the converter's range for {share:.0f} % of the samples.",
        "Take the load off. If it stays, a signal wire is open or touches the supply, the cell is"
        " overloaded, or the gain is too high for this cell.",
    ),
    "saturated_low": (
        FAULT,
        "The input is at the lower end of the converter's range for {share:.0f} % of the samples.",
        "Is the platform lifted or hooked under something? Otherwise a signal wire is open or"
        " touches ground, or S+ and S- are swapped on a cell with a heavy platform.",
    ),
    "shorted_input": (
        FAULT,
        "No signal comes from the bridge: {counts:.0f} counts, with no more noise ({noise:.0f})"
        " than the converter itself has.",
        "S+ and S- touch, or the cell gets no excitation: look for a short in the connector, then"
        " measure the voltage between E+ and E-.",
    ),
    "swapped_pair": (
        FAULT,
        "The signal has the wrong sign: {counts:.0f} counts where it was {zero:.0f}.",
        "Swap S+ and S- (or E+ and E-) at the converter: one pair is exchanged.",
    ),
    "no_response": (
        FAULT,
        "The load that was put on moved the signal by only {counts:.0f} counts.",
        "Does the platform rest on its stop or on something beside the cell (transport lock, a"
        " cable, a wall)? If not, the cell or its wiring is dead.",
    ),
    "disturbed_line": (
        WARNING,
        "Samples are lost on the way to the board: {bad_frames} broken frames and {gaps} gaps.",
        "Shorten the two data wires, keep them away from motors and relays, join the grounds at"
        " one point, and give the converter 3 to 5 V without drops.",
    ),
    "glitches": (
        WARNING,
        "{number} single samples jump out of line, by up to {largest:.0f} counts.",
        "Look for interference (relays, motors, phones), a loose plug and long data wires. They"
        " are held back from the weight, but each one delays it.",
    ),
    "load_moved": (
        WARNING,
        "The load changed by {counts:.0f} counts during the examination.",
        "Run it again while nobody touches the scale.",
    ),
    "platform_ringing": (
        WARNING,
        "The platform rings at {ring_hz:.1f} Hz with a damping of {damping:.3f}: {lasts_s:.1f} s"
        " until a thousandth is left.",
        "`steelyard commission ADDRESS` fits the filter to it. A stiffer frame, rubber feet and"
        " tight screws make it shorter.",
    ),
    "mains_pickup": (
        WARNING,
        "Mains of {mains_hz:.0f} Hz is in the signal: {counts:.0f} counts, which show at"
        " {seen_hz:.2f} Hz.",
        "Use a shielded cable with the shield at ground on the board's side only, keep it away"
        " from mains cables and power supplies, and try another supply. At 10 samples a second the"
        " converter itself rejects mains.",
    ),
    "floor_vibration": (
        WARNING,
        "Something shakes the scale at {seen_hz:.2f} Hz, by {counts:.0f} counts.",
        "Find the machine that runs at this speed (or at one that folds down to it), put the scale"
        " elsewhere or on rubber, or commission it with the profile vibrating.",
    ),
    "noisy_supply": (
        WARNING,
        "The noise comes in bursts or grows with the load ({noise:.0f} counts, {usual:.0f} are"
        " usual): the supply of the bridge is rough.",
        "Feed converter and cell from a quiet supply of their own (a linear regulator), with"
        " 100 nF and 10 uF close to the converter; move Wi-Fi, displays and motors to another"
        " one.",
    ),
    "noisy": (
        WARNING,
        "The signal has {noise:.0f} counts of noise, {times:.1f} times the {usual:.0f} that it"
        " should have.",
        "Look for a bad contact or wet connector, an open shield, a supply of less than 3 V, wind"
        " on the platform.",
    ),
    "quiet": (
        FAULT,
        "The signal has {noise:.1f} counts of noise where at least {usual:.0f} are usual: it is"
        " too quiet to be that of the cell.",
        "Is the cell connected, and to the channel that the board reads? A dead cell, a short"
        " behind the connector or a converter that repeats its words looks like this.",
    ),
    "drifting": (
        WARNING,
        "The signal drifts by {counts:.0f} counts in {seconds:.0f} s with nobody near.",
        "Let the scale warm up for ten minutes and keep sun and draught off it. If it stays, the"
        " cell creeps (overloaded or unglued) or moisture is in the cell or its connector.",
    ),
    "overloaded_cell": (
        WARNING,
        "With an empty platform the signal is {percent:+.1f} % of the calibration weight away from"
        " where it was at calibration.",
        "Is the platform really empty, clean and free to move (else say --loaded)? Then the cell"
        " is worn or was overloaded: calibrate again and check with weights; if the shift comes"
        " back, replace the cell.",
    ),
}
