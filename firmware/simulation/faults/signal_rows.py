"""Faults of the signal, of time and of handling: rows F11 to F20 and F24 of the fault table.

Owns: the injection and the observation. Refuses: nothing. Units and results: as wire_rows.py.
"""

import math

from simulation.faults.rig import (
    E_G,
    LOAD_G,
    NOISE,
    PER_G,
    RATES,
    ZERO_COUNTS,
    Rig,
    faults,
    first,
    observe,
    settled,
)
from steelyard_wire import sentences
from steelyard_wire.codes import Refused
from terminal.weighing.calibrate import CalibrationSession

_STEP = 5000


def _twin(chip, spoil):
    """The most that one spoilt sample moves the output, in fine units, against a twin without."""
    rigs = [settled(chip), settled(chip)]
    spoil(rigs[0])
    both = [rig.run(int(rig.period_ms * 100)) for rig in rigs]
    pairs = [pair for pair in zip(*both) if pair[0].numeric and pair[1].numeric]
    most = max(abs(one.fine - other.fine) for one, other in pairs)
    seen = observe(rigs[0], both[0], LOAD_G)
    seen["moved_fine"] = most
    return seen


def _merge(parts):
    merged = {"shown": [], "silent": 0, "wrong": 0, "moved_fine": 0, "cases": len(parts)}
    for part in parts:
        merged["silent"] += part["silent"]
        merged["wrong"] += part["wrong"]
        merged["moved_fine"] = max(merged["moved_fine"], part["moved_fine"])
        merged["shown"] += [name for name in part["shown"] if name not in merged["shown"]]
    return merged


def bits(chip):
    """Each of the 24 bits flipped once, on the wire and in the chip; words that slipped."""
    parts = []
    right = ZERO_COUNTS + LOAD_G * PER_G

    def add(spoil):
        parts.append(_twin(chip, spoil))

    for bit in range(24):

        def in_chip(rig, bit=bit):
            word = (right & 0xFFFFFF) ^ 1 << bit
            rig.once = word - 0x1000000 if word & 0x800000 else word

        def on_wire(rig, bit=bit):
            if hasattr(rig.wires, "flip_at"):
                rig.wires.flip_at = 24 - bit
            elif hasattr(rig.wires.lines, "flip"):
                rig.wires.lines.flip = 1 + 8 + 23 - bit  # after the command byte

        add(in_chip)
        add(on_wire)
    for shift in (1, 2):
        # What a slip of the clock made of words in real recordings.
        slipped = (right >> shift | 0xFFFFFF & ~(0xFFFFFF >> shift)) - 0x1000000

        def slip(rig, slipped=slipped):
            rig.once = slipped

        add(slip)
    return _merge(parts)


def rate(chip, error_ppm, **wiring):
    """wiring: "strapped_hz" is what the module's jumper says."""
    rig = Rig(chip, LOAD_G, error_ppm=error_ppm, **wiring)
    entries = rig.run(10000)
    seen = observe(rig, entries, LOAD_G)
    true_mhz = wiring.get("strapped_hz", rig.rate_hz) * (1000000 + error_ppm) // 1000
    seen["off_ppm"] = abs(rig.driver.rate_mhz - true_mhz) * 1000000 // true_mhz
    seen["planned_ppm"] = abs(rig.weigher.planned_mhz - true_mhz) * 1000000 // true_mhz
    seen["registrable"] = rig.weigher.registrable() == 0
    return seen


def pause(chip, milliseconds, masked):
    begin = [1 << 60]

    def load(now_ms):
        return _STEP if now_ms > begin[0] + milliseconds // 2 else LOAD_G

    rig = Rig(chip, load)
    rig.settle()
    begin[0] = rig.now_ms
    stepped_ms = rig.now_ms + milliseconds // 2
    if masked:
        rig.bench.away(milliseconds)
    else:
        rig.bench.sleep_ms(milliseconds)
    entries = rig.run(3000)
    seen = observe(rig, entries, LOAD_G, _STEP)
    fresh = [entry for entry in entries if entry.heard and entry.numeric and not entry.fault]
    # A number of the old load, said after the pause, that nothing marks as old; the guard may wait
    # for two samples of the new one.
    late_ms = stepped_ms + 3 * rig.period_ms + 10
    seen["wrong"] = rig.silent([entry for entry in entries if entry.now_ms > late_ms], _STEP)
    seen["stale"] = sum(
        entry.now_ms > late_ms and abs(entry.fine - LOAD_G * 100) < E_G * 50 and entry.refusal == 0
        for entry in fresh
    )
    seen["gaps"] = rig.driver.gaps + rig.driver.silences + rig.bench.ring.dropped
    seen["right"] = rig.weigher.registrable() == 0 and rig.silent(rig.run(500), _STEP) == 0
    return seen


def noise(chip, tenths):
    rig = settled(chip)
    rig.noise_x10 = tenths
    begin = rig.now_ms
    # Three windows of 64 samples, and 5 s after them.
    entries = rig.run(max(8000, int(rig.period_ms * 250) + 5000))
    seen = observe(rig, entries, LOAD_G)
    # Noise that is not yet known as such moves the number; it must not be one that counts.
    seen["wrong"] = rig.silent(entries, LOAD_G)
    name = "QUIET" if tenths < 10 else "NOISY"
    found = first(entries, name)
    seen["after_ms"] = None if found is None else found - begin
    last = entries[-rig.rate_hz * 5 :]
    seen["numbers"] = sum(entry.numeric for entry in last)
    rig.noise_x10 = 10
    seen["back_ms"] = rig.settle()
    seen["silent"] += rig.silent(rig.run(1000), LOAD_G)
    return seen


def wrap(chip, start_us):
    rig = Rig(chip, LOAD_G, start_us=start_us)
    entries = rig.run(8000)
    seen = observe(rig, entries[20:], LOAD_G)
    seen["samples"] = sum(entry.driver_fault == 0 for entry in entries)
    seen["registrable"] = rig.weigher.registrable() == 0
    return seen


def data(chip, words):
    """True zeros and ones are samples as any other."""
    rig = Rig(chip, LOAD_G)
    rig.settle()
    mine = []
    for word in words:
        rig.same = word
        mine += rig.run(int(rig.period_ms) + 1)
    # A chip that calibrates itself adds what it has found; the words keep their distances.
    offset = 0 if rig.zero == ZERO_COUNTS or not rig.self_calibrated else mine[-1].counts + 1
    got = {entry.counts - offset for entry in mine if entry.driver_fault == 0}
    values = sorted(value for value in got if abs(value) <= 1)
    return {"shown": faults(mine), "silent": 0, "wrong": 0, "values": values}


def boot(chip):
    rig = Rig(chip, LOAD_G)
    entries = rig.run(int(rig.period_ms * 200))
    seen = observe(rig, entries, LOAD_G)
    numbers = [entry for entry in entries if entry.numeric]
    seen["first_off_fine"] = abs(numbers[0].fine - LOAD_G * 100)
    seen["discarded"] = entries.index(numbers[0])
    return seen


def _refusal(action):
    try:
        code = action()
    except Refused as refused:
        code = refused.code
    return sentences.error_name(code) if code and isinstance(code, int) and code < 100 else "OK"


def refusals(chip):
    """Zero, tare and a calibration step in motion, saturated, faulty and too early."""

    def ask(rig):
        weigher = rig.weigher
        capture = CalibrationSession(weigher).zero
        return [_refusal(action) for action in (weigher.zero, weigher.tare, capture)]

    seen = {"shown": [], "silent": 0, "wrong": 0}
    early = Rig(chip, 0)
    early.run(int(early.period_ms * 6))
    seen["early"] = ask(early)
    begin = [1 << 60]

    def pour(now_ms):
        return max(0, now_ms - begin[0]) / 10

    moving = Rig(chip, pour)
    moving.settle()
    begin[0] = moving.now_ms
    moving.run(1000)
    seen["motion"] = ask(moving)
    high = settled(chip)
    high.same = 0x7FFFFF
    high.run(int(high.period_ms * 4))
    seen["saturated"] = ask(high)
    rig = settled(chip)
    rig.wires.forced = 1
    rig.run(int(rig.period_ms * 6) + 20)
    seen["fault"] = ask(rig)
    return seen


def no_implicit_zero(chip):
    """Zero and tare set, the converter lost and found again with another load on."""
    rig = Rig(chip, 100)
    rig.settle()
    seen = {"shown": [], "silent": 0, "wrong": 0, "zero": rig.weigher.zero()}
    rig.run(100)
    rig.wires.forced = 1
    rig.run(3000)
    rig.load_g = LOAD_G
    rig.wires.forced = -1
    rig.settle()
    seen["shows_fine"] = rig.weigher.reading.fine - (LOAD_G - 100) * 100
    rig.wires.reset_chip()
    rig.run(int(rig.period_ms * 3))
    rig.settle()
    seen["after_reset_fine"] = rig.weigher.reading.fine - (LOAD_G - 100) * 100
    return seen


def pour(chip, tenths_e_per_s):
    """Pour away from zero, so slowly that a tracking zero would follow; what it swallowed."""
    begin = [1 << 60]
    seconds = 120

    def load(now_ms):
        passed = min(max(0, now_ms - begin[0]) / 1000, seconds)
        return passed * tenths_e_per_s / 100 * E_G

    rig = Rig(chip, load)
    rig.settle()
    rig.weigher.zero()
    begin[0] = rig.now_ms
    rig.run(seconds * 1000 + 2000)
    poured = seconds * tenths_e_per_s / 100 * E_G
    swallowed = poured - rig.weigher.reading.fine / 100
    return {"shown": [], "silent": 0, "wrong": 0, "swallowed_e": swallowed / E_G}


def fast(chip):
    """A module 16 % too fast: mains pickup of 0.3 e, and a load."""
    begin = [1 << 60]

    def load(now_ms):
        return _STEP if now_ms > begin[0] else LOAD_G

    # Commissioned with it: what a sine adds to the mean magnitude of the second difference.
    turn = 2 - 2 * math.cos(2 * math.pi * 50 / (RATES[chip] * 1.16))
    mains = 0.3 * E_G * PER_G * turn * 2 / math.pi / 1.954
    rig = Rig(chip, load, error_ppm=160000, noise=NOISE[chip] + int(mains))
    rig.mains_g = 0.3 * E_G
    rig.run(6000)
    calm = rig.run(4000)
    seen = observe(rig, calm, LOAD_G)
    fine = [entry.fine for entry in calm if entry.numeric]
    mean = sum(fine) / len(fine)
    sigma = (sum((value - mean) ** 2 for value in fine) / len(fine)) ** 0.5
    seen["sigma_e"] = sigma / 100 / E_G
    begin[0] = rig.now_ms
    entries = rig.run(4000)
    outside = [entry for entry in entries if abs(entry.fine - _STEP * 100) > E_G * 50]
    seen["settle_s"] = (outside[-1].now_ms - begin[0]) / 1000
    seen["silent"] += rig.silent(entries, LOAD_G, _STEP)
    return seen
