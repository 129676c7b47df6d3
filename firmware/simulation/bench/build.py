"""One converter on the bench: the real driver, the chip model, and what lies between them.

Owns: the names of the converters that the bench has, and the life of the application around them.
Refuses: a chip without a builder (ImportError). Units: as processor.py.

    bench = make_bench("hx711", words=[100, 200], rate_hz=80)
    for counts, ticks_ms, fault in bench.run(300): ...
    bench.wires.forced = 1          # faults: see two_wire.py and its like

A chip's builder is the module of its name in this folder, with
    DEFAULTS   its board-file keys (without "chip"), as in boards/*.py
    RATES, GAINS   every rate_hz and gain that it has
    solder(processor, wiring, convert, error_ppm) -> wires, an object with `chip` (the model),
               `silent(on)`, `disturb()` (the next frame is broken) and `reset_chip()`; further
               faults are attributes
    prepare(driver)   if there is something to be done after start(), as the application does it
convert(at_us, gain) gives the settled word of the conversion that ends at at_us. A wiring key
"strapped_hz" is the rate that the chip has where the board file says another one.
"""

from simulation.bench.processor import Processor
from terminal.drivers.ring import SampleRing

CHIPS = ("hx711", "ads1232", "cs1237", "nau7802", "ads1220")
READERS = ("hx711_rp2",)  # a chip of them, read in another way
_POLL_MS = 10


def builder(chip):
    """The module that solders this chip."""
    return getattr(__import__("simulation.bench." + chip).bench, chip)


def make(chip):
    """The real driver's make(wiring, machine, time, ring)."""
    return getattr(__import__("terminal.drivers." + chip).drivers, chip).make


class Bench(Processor):
    """A processor with one converter. words: what the conversions give in turn, the last one for
    ever; each a number, or a function of the gain. wiring: board-file keys that differ from the
    builder's. error_ppm: deviation of the chip's oscillator.

    driver, ring, wires (faults), wires.chip (the model); `taken` conversions were made.
    """

    def __init__(self, chip, words, error_ppm, start_us, capacity, wiring):
        Processor.__init__(self, start_us)
        self.words = words
        self.taken = 0
        module = builder(chip)
        keys = dict(module.DEFAULTS)
        keys.update(wiring)
        keys["chip"] = chip
        self.wires = module.solder(self, keys, self._convert, error_ppm)
        self.chip = self.wires.chip
        self.chip.reset(start_us)
        self.ring = SampleRing(capacity)
        self.driver = make(chip)(keys, self, self, self.ring)
        self.driver.start()
        if hasattr(module, "prepare"):
            module.prepare(self.driver)

    def _convert(self, at_us, gain):
        word = self.words[min(self.taken, len(self.words) - 1)]
        self.taken += 1
        return word(gain) if callable(word) else word

    def run(self, milliseconds, poll_ms=_POLL_MS, first_ms=0):
        """Let time pass, with interrupts and a task that polls every poll_ms, the first time after
        first_ms; the samples found: (counts, ticks_ms, fault).
        """
        end = self.now_us + milliseconds * 1000
        poll = self.now_us + first_ms * 1000
        found = []
        while self.now_us < end:
            self._pass_until(min(poll, end))
            if self.now_us >= poll:
                poll += poll_ms * 1000
                self.driver.poll()
                self.take(found)
        return found

    def take(self, found):
        """Move what is in the ring to the list `found`."""
        ring = self.ring
        while ring.take():
            found.append((ring.counts, ring.ticks, ring.fault))


def make_bench(chip, words=(0,), error_ppm=0, start_us=0, capacity=256, **wiring):
    """A Bench whose driver has been started; arguments as Bench's."""
    return Bench(chip, words, error_ppm, start_us, capacity, wiring)
