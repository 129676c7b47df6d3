"""A whole terminal without pins: the real operations over files in a folder, on any interpreter.

Owns: what stands in for hardware: a processor's ticks, a random source, a load.
Refuses: nothing.
Units: milliseconds; converter counts, 200 for each gram over 50 000.
"""

import hashlib

import signing
from steelyard_wire import cose, record
from terminal.drivers.append_file import AppendFile
from terminal.drivers.clock import Clock
from terminal.drivers.files import Files
from terminal.evidence.journal import Journal
from terminal.evidence.steps import finish
from terminal.operations import Terminal

ENTROPY = bytes(range(32))
LINK_KEY = bytes(range(32, 64))


class Board:
    """The literals of a board file that the operations read: 15 kg in steps of 5 g."""

    MODEL = "Steelyard TEST"
    SCALE = {1: 1, 2: -3, 3: 15000, 4: 5}
    CONVERTER = {"rate_hz": 10}


class Ticks:
    """A counter of milliseconds."""

    now = 0

    def ticks_ms(self):
        self.now += 1
        return self.now

    def ticks_diff(self, end, start):
        return end - start


class Random:
    """Bytes that differ from call to call, the same in every run."""

    def __init__(self, salt=0):
        self._state = bytes([salt])

    def __call__(self, count):
        self._state = hashlib.sha256(self._state).digest()
        return self._state[:count]


def make(folder, salt=0, files=None, device=None):
    """A terminal on what is in `folder`, not open."""
    random = Random(salt)
    ticks = Ticks()
    terminal = Terminal(
        Board,
        Files(folder + "/state") if files is None else files,
        Journal(device or AppendFile(folder + "/journal")),
        Clock(ticks),
        signing.signers(random),
        b"software" * 4,
        True,
    )
    terminal.ticks = ticks  # for tests that let time pass
    return terminal


def started(folder, salt=0, files=None, device=None):
    """A terminal after a reset: open, and with its boot record if it has a key."""
    terminal = make(folder, salt, files, device)
    terminal.open()
    finish(terminal.start_steps(1))
    return terminal


def provisioned(folder, unlock_key=b""):
    """A terminal that has just made its key."""
    terminal = started(folder)
    finish(terminal.provision_steps("SN-1", ENTROPY, LINK_KEY, unlock_key))
    return terminal


def load(terminal, grams):
    """Twenty samples of a load at rest."""
    for k in range(20):
        # A count now and then: a signal without any would be that of a frozen converter.
        terminal.weigher.feed(50000 + 200 * grams + (k % 5 == 2), 0, 0)


def calibrate(terminal, grams=10000, zero=0):
    """Zero at `zero` grams and a span weight of `grams`."""
    terminal.begin_calibration()
    load(terminal, zero)
    terminal.calibration_session().zero()
    load(terminal, zero + grams)
    terminal.calibration_session().span(grams, -3, 1, None)
    return finish(terminal.change("commit_calibration", True))


# protocol/README.md, section 8: records of several values, and the order of these.
_TOGETHER = {
    "commission": "profile ring_mhz ring_max_mhz damping noise noise_floor rate_mhz settle_ms",
    "scale": "class min unit exp10 max e multirange max_1 e_1 max_2 e_2",
}


def fill(terminal):
    """The device has no room for one record more, as it says; what makes room again."""
    journal = terminal.journal
    device = journal.device
    end, room = journal.end, device.room
    journal.end, device.room = device.pages, lambda: 0

    def empty():
        journal.end, device.room = end, room

    return empty


def journal_says(terminal):
    """(parameters, generation): what the records say is in force, folded from the first one on."""
    parameters = {}
    generation = 0
    for n in range(terminal.journal.next_n):
        fields = record.decode(cose.split(terminal.journal.get(n)).payload)
        if fields[record.TYP] == record.PARAMETER:
            name, _, value = [fields[record.DATA][key] for key in (1, 2, 3)]
            parameters["settle_ms"] = 0
            if name in _TOGETHER:
                parameters.update(zip(_TOGETHER[name].split(), map(int, value.split())))
            else:
                parameters[name] = value
        elif fields[record.TYP] == record.CALIBRATION:
            generation = fields[record.DATA][1]
    return parameters, generation


def check_in_force(terminal):
    """AssertionError unless what is in force is what the records say."""
    parameters, generation = journal_says(terminal)
    for name in terminal.config.names():
        wanted = parameters.get(name, Board.SCALE.get(terminal.config.names().index(name) + 1))
        assert wanted is None or terminal.config.get(name) == wanted, (name, wanted)
    now = terminal.calibration.generation if terminal.calibration else 0
    assert now == generation, (now, generation)
