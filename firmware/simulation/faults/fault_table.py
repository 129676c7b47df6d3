"""The fault table (signal.md section 1): what can happen to which converter, and a run of it.

Owns: the list of rows. Refuses: an unknown converter (argparse). Units: as the rows.

    python fault_table.py hx711 [F05 ...] [--rates]

prints a line of JSON for each row: [id, converter, what was observed].
"""

import argparse
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    _ROOT = Path(__file__).resolve().parents[3]
    sys.path[:0] = [str(_ROOT / "firmware"), str(_ROOT / "protocol")]

from simulation.faults import signal_rows, wire_rows
from simulation.faults.rig import OTHER_RATES

TWO_WIRE = ("hx711", "hx711_rp2", "ads1232", "cs1237")
BUS = ("nau7802", "ads1220")
_TICKS = 1 << 30
# Every rate class of the issue beside the one of rig.RATES, as a name for Rig. What a clock or a
# bit does to a frame (F06 to F09, F11) and what knows of no rate stays at one.
OTHERS = tuple(
    "%s@%d" % (chip, rate) for chip, others in OTHER_RATES.items() for rate in others
) + ("nau7802@10polled",)
_AT_EACH_RATE = ("F01", "F02", "F03", "F04", "F05", "F10", "F12", "F13", "F14", "F23gain")
# Where a pin chooses the rate, a module may have it the other way; registers are read back.
_RATE_PINS = ("hx711", "hx711_rp2", "ads1232")
# name, attribute of the lines, its value while it lasts and after
_BUS_FAULTS = {
    "nau7802": (
        ("F23nack", "nack", True, False),
        ("F23later", "nack_after", 1, -1),
        ("F23sda", "sda_low", True, False),
    ),
    "ads1220": (("F23high", "forced", 1, -1), ("F23low", "forced", 0, -1)),
}


def _bus(chip, attribute, bad, good):
    return wire_rows.bus_fault(
        chip,
        lambda rig: setattr(rig.wires.lines, attribute, bad),
        lambda rig: setattr(rig.wires.lines, attribute, good),
    )


def rows(chip):
    """(id, function without arguments) of everything that can happen to this converter."""
    second = 1000000
    gain = 64
    name_of_chip, _, rate = chip.partition("@")
    two_wire = name_of_chip in TWO_WIRE
    table = [
        ("F01a", lambda: wire_rows.stuck(chip, 1, True)),
        ("F01b", lambda: wire_rows.stuck(chip, 1, False)),
        ("F02a", lambda: wire_rows.stuck(chip, 0, True)),
        ("F02b", lambda: wire_rows.stuck(chip, 0, False)),
        ("F03", lambda: wire_rows.saturated(chip, 0x7FFFFF)),
        ("F04", lambda: wire_rows.saturated(chip, -0x800000)),
        ("F05", lambda: wire_rows.frozen(chip)),
        ("F10", lambda: wire_rows.chip_reset(chip, gain)),
        ("F11", lambda: signal_rows.bits(chip)),
        ("F12-20", lambda: signal_rows.rate(chip, -200000)),
        ("F12+20", lambda: signal_rows.rate(chip, 200000)),
        ("F15us", lambda: signal_rows.wrap(chip, (1 << 30) - 3 * second)),
        ("F15ms", lambda: signal_rows.wrap(chip, _TICKS * 1000 - 3 * second)),
        ("F16", lambda: signal_rows.data(chip, (0, -1, 0, 1, -1, 1, -1, 0, -1))),
        ("F17", lambda: signal_rows.boot(chip)),
        ("F18", lambda: signal_rows.refusals(chip)),
        ("F19", lambda: signal_rows.no_implicit_zero(chip)),
        ("F20slow", lambda: signal_rows.pour(chip, 2)),
        ("F20fast", lambda: signal_rows.pour(chip, 50)),
        ("F24", lambda: signal_rows.fast(chip)),
    ]
    for tenths in (1, 50, 100, 200, 500, 5000):
        table.append(("F14x%g" % (tenths / 10), lambda x=tenths: signal_rows.noise(chip, x)))
    for milliseconds in (100, 500, 1000, 5000):
        for masked in (False, True):
            name = "F13-%d%s" % (milliseconds, "m" if masked else "")
            table.append((name, lambda ms=milliseconds, m=masked: signal_rows.pause(chip, ms, m)))
    if two_wire:
        table += [
            ("F06", lambda: wire_rows.stretch(chip, True)),
            ("F06n", lambda: wire_rows.stretch(chip, False)),
            ("F07", lambda: wire_rows.torn(chip)),
            ("F08", lambda: wire_rows.clocks(chip, "lose_at", 128)),
            ("F08g", lambda: wire_rows.clocks(chip, "lose_at", gain)),
            ("F09", lambda: wire_rows.clocks(chip, "add_at", 128)),
            ("F09g", lambda: wire_rows.clocks(chip, "add_at", gain)),
        ]
    else:
        for name, attribute, bad, good in _BUS_FAULTS[name_of_chip]:
            table.append((name, lambda fault=(attribute, bad, good): _bus(chip, *fault)))
        table.append(("F23gain", lambda: wire_rows.chip_reset(chip, 64, reinitialise=True)))
    if name_of_chip in _RATE_PINS:
        # A module whose jumper says 10 samples/s where the board file says 80, or the other way.
        wiring = {"strapped_hz": 80 if rate else 10}
        if name_of_chip == "ads1232":
            wiring["speed"] = None  # the chip's pin, where a jumper is
        table.append(("F12", lambda: signal_rows.rate(chip, 0, **wiring)))
    if rate.endswith("polled"):
        # All that depends on the way in which a conversion is noticed.
        return sorted(row for row in table if row[0].startswith(("F05", "F10", "F13", "F14x2")))
    if rate:
        return sorted(row for row in table if row[0].startswith(_AT_EACH_RATE))
    return sorted(table)


def main():
    """Run the rows that were asked for."""
    parser = argparse.ArgumentParser(description="The fault table of one converter.")
    parser.add_argument("chip", choices=TWO_WIRE + BUS + OTHERS)
    parser.add_argument("ids", nargs="*", help="ids of rows, or how they begin")
    parser.add_argument("--rates", action="store_true", help="at its other rates too")
    options = parser.parse_args()
    chips = [options.chip]
    if options.rates:
        chips += [other for other in OTHERS if other.startswith(options.chip + "@")]
    for chip in chips:
        for name, row in rows(chip):
            if not options.ids or name.startswith(tuple(options.ids)):
                print(json.dumps([name, chip, row()]), flush=True)


if __name__ == "__main__":
    main()
