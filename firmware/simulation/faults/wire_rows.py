"""Faults of wires, clocks and chips: rows F01 to F10 and F23 of the fault table.

Owns: the injection and the observation. Refuses: nothing; what must be is for the tests to say
(tests/system/test_fault_table.py). Units: milliseconds, grams; as rig.py.

Every row is a function of the converter's name that gives what was observed: `shown`, the names of
the faults; `silent`, how many weights could have been registered that were further than half an e
from every load that lay there; `wrong`, the same for numbers without a fault; and more.
"""

from simulation.faults.rig import (
    LOAD_G,
    PER_G,
    ZERO_COUNTS,
    Rig,
    faults,
    observe,
    settled,
)
from steelyard_wire import codes, sentences

_OFFSET = 50000  # counts by which a chip's own calibration may move a word


def stuck(chip, level, boot):
    rig = Rig(chip, LOAD_G)
    if not boot:
        rig.settle()
    rig.wires.forced = level
    if boot:
        rig.reboot()
    begin = rig.now_ms
    entries = rig.run(2000)
    seen = observe(rig, entries, LOAD_G)
    found = [entry for entry in entries if entry.fault]
    seen["periods"] = (found[0].now_ms - begin) / rig.period_ms if found else None
    seen["numbers"] = sum(
        entry.numeric for entry in entries if found and entry.now_ms > found[0].now_ms
    )
    rig.wires.forced = -1
    free = len(rig.log)
    seen["back_ms"] = rig.settle()
    after = rig.log[free:]
    seen["settling"] = sum(entry.driver_fault == codes.FAULT_SETTLING for entry in after)
    seen["silent"] += rig.silent(rig.run(1000), LOAD_G)
    return seen


def saturated(chip, word):
    rig = settled(chip)
    rig.same = word
    entries = rig.run(int(rig.period_ms * 5))
    mine = [entry for entry in entries if abs(entry.counts - word) < _OFFSET]
    seen = observe(rig, entries, LOAD_G)
    seen["same_sample"] = all(entry.fault and not entry.numeric for entry in mine)
    refused = (rig.weigher.zero(), rig.weigher.tare(), rig.weigher.registrable())
    seen["refused"] = [sentences.error_name(code) for code in refused]
    rig.same = None
    rig.settle()
    back = rig.run(1000)
    seen["silent"] += rig.silent(back, LOAD_G)
    seen["wrong"] += rig.wrong(rig.log[-len(back) - rig.rate_hz :], LOAD_G)
    return seen


def frozen(chip):
    rig = settled(chip)
    rig.same = ZERO_COUNTS + LOAD_G * PER_G + 1
    entries = rig.run(int(rig.period_ms * 40))
    seen = observe(rig, entries, LOAD_G)
    mine = [entry for entry in entries if entry.counts == entries[-1].counts]
    seen["samples"] = [bool(entry.fault) for entry in mine].index(True) + 1
    seen["numbers"] = sum(entry.numeric for entry in mine[seen["samples"] :])
    rig.same = None
    seen["back_ms"] = rig.settle()
    return seen


def once(chip, inject, **more):
    """One fault in one frame: what it counted and how the chip came back."""
    rig = settled(chip, **more)
    driver = rig.driver
    before = driver.bad_frames
    inject(rig)
    entries = rig.run(int(rig.period_ms * 12) + 20)
    seen = observe(rig, entries, LOAD_G)
    seen["bad_frames"] = driver.bad_frames - before
    seen["settling"] = sum(entry.driver_fault == codes.FAULT_SETTLING for entry in entries)
    seen["back_ms"] = rig.settle()
    seen["silent"] += rig.silent(rig.run(500), LOAD_G)
    return seen


def stretch(chip, maskable):
    def inject(rig):
        if maskable:
            rig.wires.maskable_us = 100
            rig.wires.maskable_at = 12
        else:
            rig.wires.stretch_us = 100
            rig.wires.stretch_at = 12

    return once(chip, inject)


def torn(chip):
    def inject(rig):
        rig.wires.pause_us = int(rig.period_ms * 1100)
        rig.wires.pause_at = 12

    return once(chip, inject)


def _pulses(rig):
    """Clocks of a frame."""
    most = 0
    for _ in range(int(rig.period_ms * 20)):
        rig.bench.sleep_us(100)
        most = max(most, rig.wires.chip.pulses)
    return most


def clocks(chip, attribute, gain):
    """Lose or add a clock at every position, for every value of the last three bits.

    driver, guard: how many cases each of them discarded a sample in; moved_fine: how far the
    output was moved where the driver saw nothing.
    """
    rig = settled(chip, gain=gain)
    seen = {"shown": [], "silent": 0, "wrong": 0, "cases": 0}
    seen.update({"driver": 0, "guard": 0, "moved_fine": 0})
    jumps = rig.weigher.guard.counts
    pulses = _pulses(rig)
    for tail in range(8):
        rig.tail = tail
        for position in range(1, pulses + 1):
            rig.settle()
            rig.run(int(rig.period_ms * 20))
            before = jumps[codes.FAULT_JUMP]
            fine = rig.weigher.reading.fine
            setattr(rig.wires, attribute, position)
            entries = rig.run(int(rig.period_ms * 12) + 20)
            seen["cases"] += 1
            if any(entry.driver_fault for entry in entries):
                seen["driver"] += 1
            else:
                seen["guard"] += jumps[codes.FAULT_JUMP] != before
                moved = max(abs(entry.fine - fine) for entry in entries)
                seen["moved_fine"] = max(seen["moved_fine"], moved)
            seen["silent"] += rig.silent(entries, LOAD_G)
            seen["wrong"] += rig.wrong(entries, LOAD_G)
            seen["shown"] += [name for name in faults(entries) if name not in seen["shown"]]
    rig.settle()
    seen["silent"] += rig.silent(rig.run(500), LOAD_G)
    return seen


def chip_reset(chip, gain, reinitialise=False):
    """The chip begins anew at any moment between frames, by itself or by another hand."""
    rig = settled(chip, gain=gain)
    seen = {"shown": [], "silent": 0, "wrong": 0, "wrong_gain": 0}
    right = rig.right
    for tenth in range(10):
        rig.run(10)
        rig.bench.sleep_us(int(rig.period_ms * 100 * tenth))
        (rig.wires.reinitialise_chip if reinitialise else rig.wires.reset_chip)()
        entries = rig.run(int(rig.period_ms * 20))
        rig.settle()
        seen["silent"] += rig.silent(entries, LOAD_G)
        seen["wrong"] += rig.wrong(entries, LOAD_G)
        seen["shown"] += [name for name in faults(entries) if name not in seen["shown"]]
        for entry in entries:
            if entry.driver_fault == 0 and abs(entry.counts - right) > 8 * rig.sigma:
                seen["wrong_gain"] += 1
    return seen


def bus_fault(chip, spoil, mend):
    """What a bus can do, for two seconds: spoil(rig) begins it, mend(rig) ends it."""
    rig = settled(chip)
    spoil(rig)
    begin = rig.now_ms
    entries = rig.run(2000)
    seen = observe(rig, entries, LOAD_G)
    found = [entry for entry in entries if entry.fault]
    seen["periods"] = (found[0].now_ms - begin) / rig.period_ms if found else None
    seen["numbers"] = sum(
        entry.numeric for entry in entries if found and entry.now_ms > found[0].now_ms
    )
    mend(rig)
    seen["back_ms"] = rig.settle()
    seen["silent"] += rig.silent(rig.run(500), LOAD_G)
    return seen
