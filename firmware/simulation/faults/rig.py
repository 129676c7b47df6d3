"""A converter on the bench with the weight path behind it: what a fault at the pins does to it.

Owns: the signal (a load, noise of the converter), the calibrated weigher, the log of readings.
Refuses: a chip without a builder (ImportError).
Units: grams, milliseconds of board time; fine weights in 1/100 g. 100 counts are a gram, e is 5 g,
Max 15 kg.
"""

import math

from simulation.bench.build import builder, make_bench
from steelyard_wire import codes
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher

E_G = 5
LOAD_G = 2000
PER_G = 100
ZERO_COUNTS = 50000
_KG = 1
# Noise of a sample in counts at the rate beside it: signal.md section 3, over the size of a count
# (19.5 mV / 2**23 at gain 128 with 5 V; ADS1220: 16 mV / 2**23). CS1237 and NAU7802: 16.5
# noise-free bits.
RATES = {"hx711": 80, "hx711_rp2": 80, "ads1232": 80, "cs1237": 40, "nau7802": 80, "ads1220": 330}
NOISE = {"hx711": 39, "hx711_rp2": 39, "ads1232": 19, "cs1237": 27, "nau7802": 27, "ads1220": 173}
# The other rates that the fault table is run at. Of the CS1237 at 1280 samples/s the bench has the
# pulses take 1 us, as its viper reader does (machine code of a board, tests/system/test_viper.py).
OTHER_RATES = {
    "hx711": {10: 21},
    "ads1232": {10: 7},
    "cs1237": {10: 27, 640: 27, 1280: 27},
    "nau7802": {10: 21, 20: 21, 320: 39},
    "ads1220": {20: 47, 1000: 315},
}
_POLL_MS = 10
_LEARN = 40


class Noise:
    """Approximately Gaussian whole numbers with a variance of 1/65535, from a seed."""

    def __init__(self, seed):
        self._state = seed & 0x7FFFFFFF

    def __call__(self, sigma):
        total = 0
        for _ in range(12):
            self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
            total += self._state >> 15 & 0xFFFF
        return (total - 6 * 0xFFFF) * sigma // 0xFFFF


class Entry:
    """What the terminal said after one sample. `heard`: it could be asked for by somebody; what
    comes before the last sample of a batch could not.
    """

    def __init__(self, now_ms, weigher, counts, fault):
        reading = weigher.reading
        self.now_ms = now_ms
        self.counts = counts
        self.driver_fault = fault
        self.numeric = reading.numeric
        self.fine = reading.fine
        self.status = reading.status
        self.fault = reading.fault
        self.refusal = weigher.registrable()
        self.heard = False


class Rig:
    """A powered terminal with `load_g` on it.

    chip: its name, or as in "hx711@10" with another rate; "nau7802@10polled" has no DRDY pin.
    noise: the commissioned one in counts, of the chip if None. wiring: board-file keys that
    differ. noise_x10: noise of the signal in tenths of the chip's. seed: of that noise.
    """

    def __init__(self, chip, load_g=LOAD_G, start_us=0, error_ppm=0, noise=None, seed=1, **wiring):
        chip, _, rate = chip.partition("@")
        if rate.endswith("polled"):
            wiring["drdy"] = None
        wiring.setdefault("rate_hz", int(rate.replace("polled", "") or RATES[chip]))
        self.chip_name = chip
        self.load_g = load_g
        self.noise_x10 = 10
        self.same = None  # a word that the converter repeats
        self.once = None  # a word that it gives once
        self.tail = None  # its last three bits
        self.mains_g = 0.0  # amplitude of 50 Hz at the input, not averaged (load_model.py)
        self.log = []
        self._noise = Noise(seed)
        rate_hz = wiring["rate_hz"]
        self.sigma = OTHER_RATES.get(chip, {}).get(rate_hz, NOISE[chip])
        self.gain = wiring.get("gain", builder(chip).DEFAULTS.get("gain", 128))
        self.rate_hz = rate_hz
        self.self_calibrated = chip == "nau7802"
        self.period_ms = 1000 / self.rate_hz
        self._config = Config.from_map({12: (self.sigma if noise is None else noise) * 10})
        self.bench = make_bench(
            chip, words=[self._word], error_ppm=error_ppm, start_us=start_us, **wiring
        )
        self.wires = self.bench.wires
        self.driver = self.bench.driver
        # A chip that calibrates itself has an offset of its own, which every start must find.
        self.zero = self._learn_zero()
        self.reboot()

    def _learn_zero(self):
        load, self.load_g = self.load_g, 0
        words = []
        end = self.now_ms + 60000
        while len(words) < _LEARN and self.now_ms < end:
            words += [counts for counts, _, fault in self.bench.run(_POLL_MS) if not fault]
        self.load_g = load
        return sum(words) // len(words) if words else ZERO_COUNTS

    def reboot(self):
        """The firmware starts again, the chip keeps its power."""
        calibration = Calibration.two_points(
            1, self.zero, self.zero + 10000 * PER_G, 10000, -3, _KG, None
        )
        self.weigher = Weigher(self._config, calibration, self.rate_hz * 1000)
        self.driver.stop()
        self.driver.start()
        self.log = []

    @property
    def right(self):
        """The counts of LOAD_G."""
        return self.zero + LOAD_G * PER_G

    @property
    def now_ms(self):
        """Board time."""
        return self.bench.now_us // 1000

    def _word(self, gain):
        if self.same is not None:
            return self.same
        if self.once is not None:
            word = self.once
            self.once = None
            return word
        load = self.load_g(self.now_ms) if callable(self.load_g) else self.load_g
        load += self.mains_g * math.sin(2 * math.pi * 50 * self.bench.now_us / 1e6)
        counts = ZERO_COUNTS + int(load * PER_G)
        counts += self._noise(self.sigma) * self.noise_x10 // 10
        counts = counts * gain // self.gain
        if self.tail is not None:
            counts = counts & ~7 | self.tail
        return max(-0x800000, min(0x7FFFFF, counts))

    def run(self, milliseconds):
        """Let time pass as the application does; the entries of it."""
        first = len(self.log)
        end = self.now_ms + milliseconds
        while self.now_ms < end:
            for counts, ticks, fault in self.bench.run(_POLL_MS):
                self.weigher.feed(counts, ticks, fault)
                self.log.append(Entry(self.now_ms, self.weigher, counts, fault))
            if self.log:
                self.log[-1].heard = True
            self.weigher.set_rate(self.driver.rate_mhz)
        return self.log[first:]

    def settle(self):
        """Run until there is a weight that may be registered; the milliseconds it took."""
        begin = self.now_ms
        while self.weigher.registrable() and self.now_ms < begin + 60000:
            self.run(_POLL_MS)
        return self.now_ms - begin

    def wrong(self, entries, *loads_g):
        """Numbers without a fault further than half an e from every one of these loads."""
        return sum(
            entry.heard
            and entry.numeric
            and not entry.fault
            and min(abs(entry.fine - load * 100) for load in loads_g) > E_G * 50
            for entry in entries
        )

    def silent(self, entries, *loads_g):
        """Weights that could be registered and are further than half an e from these loads."""
        return sum(
            entry.heard
            and entry.refusal == 0
            and min(abs(entry.fine - load * 100) for load in loads_g) > E_G * 50
            for entry in entries
        )


def faults(entries):
    """The names of the faults shown, in the order of their first appearance."""
    names = []
    for entry in entries:
        if entry.fault and codes.fault_name(entry.fault) not in names:
            names.append(codes.fault_name(entry.fault))
    return names


def first(entries, name):
    """The time of the first entry with this fault, or None."""
    for entry in entries:
        if entry.fault and codes.fault_name(entry.fault) == name:
            return entry.now_ms
    return None


def observe(rig, entries, *loads):
    """What every row tells of a stretch of entries; loads: what lay there, in grams."""
    return {
        "shown": faults(entries),
        "silent": rig.silent(entries, *loads),
        "wrong": rig.wrong(entries, *loads),
    }


def settled(chip, **more):
    """A rig that shows the weight of its load."""
    rig = Rig(chip, LOAD_G, **more)
    rig.settle()
    return rig
