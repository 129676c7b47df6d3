"""Power cuts under whole operations: provision, configure, calibrate, register; prints JSON.

Owns: a life of a terminal on littlefs over the NOR flash model, cut at each operation of the
flash, and what must hold at every start after it; an order of saving with a planted mistake.
Refuses: nothing; the last line of the output is the result, read by test_power_cuts.py.
Units: operations of the flash (page programs and block erases).

Usage: operation_cuts.py real|saves-first all|one: of each operation both places, or one in turn.
"""

import sys

import signing
import terminal_parts as parts
from cut_flash import ROOT, Powered, tell, wipe
from simulation.nor import PAGE, PowerCut
from steelyard_wire import sentences
from steelyard_wire.codes import Refused
from terminal.cold import call
from terminal.drivers.segment_files import SegmentFiles
from terminal.evidence import sign_viper
from terminal.operations import Terminal

# terminal.cold loads them for each start and each change, and here they would be compiled each
# time: half of the run. They have no state.
_COLD = {
    "terminal": "changes closing provisioning sealing starting",
    "terminal.drivers": "segment_setup slot_files",
    "terminal.evidence": "identity seed",
    "terminal.weighing": "calibrate",
    "steelyard_wire": "auth classes commands line note statement units",
}
for _room, _names in _COLD.items():
    for _name in _names.split():
        __import__(_room + "." + _name)

signing.arithmetic = sign_viper

PARTIAL = (0, PAGE // 2)
STARTS = 2


def _saves_first(terminal, name, new, typ, fields):
    """Planted mistake: the change is in the file before it is in the journal."""
    from terminal.evidence import settings

    terminal.require_identity()
    settings.save(terminal.files, name, new)
    return (yield from terminal.recorder.record_steps(typ, fields))


def _change(terminal, what, *args):
    """The mistake put into the module that a change is loaded from."""
    from terminal import changes

    changes.record_change_steps = _saves_first
    return getattr(changes, what + "_steps")(terminal, *args)


class Life(Powered):
    """One terminal, and what it has acknowledged."""

    def __init__(self):
        self.records = {}
        self.key = None
        self.salt = 0

    def start(self):
        """A start, and everything that was promised before it."""
        self.salt += 1
        device = SegmentFiles(self.chip, parts.Random(self.salt), call, ROOT + "/journal", 4)
        terminal = parts.started(ROOT, self.salt, device=device)
        for n, envelope in self.records.items():
            assert terminal.journal.get(n) == envelope, "record %d is another" % n
        if self.key is not None:
            assert terminal.identity is not None, "the key is gone"
            assert terminal.identity.public_key == self.key, "the key is another"
        parts.check_in_force(terminal)
        return terminal

    def _keep(self, written):
        n, envelope = written
        assert n not in self.records, "number %d used twice" % n
        self.records[n] = envelope

    def live(self):
        """What is cut: from a bare board to weights, with changes in between."""
        terminal = self.start()
        if terminal.identity is None:
            made = terminal.provision_steps("SN-1", parts.ENTROPY, parts.LINK_KEY)
            self._keep(parts.finish(made))
            self.key = terminal.identity.public_key
        for name, value in (("e", "10"), ("max", "30000")):
            self._keep(parts.finish(terminal.change("set_parameter", name, value)))
            parts.check_in_force(terminal)
        self._keep(parts.calibrate(terminal))
        parts.load(terminal, 0)
        self._keep(parts.finish(terminal.register_steps(None)))
        self._keep(parts.calibrate(terminal, 20000))
        self._keep(parts.finish(terminal.change("set_parameter", "e", "5")))
        parts.check_in_force(terminal)
        found = ["1", "9000", "7800", "50", "215", "199", "10123", "450"]
        self._keep(parts.finish(terminal.change("commission", found)))
        parts.check_in_force(terminal)


def _cut(operation, partial):
    """What was broken by this cut, or None."""
    wipe()
    life = Life()
    try:
        try:
            life.power_up(operation, partial)
            life.live()
        except PowerCut:
            pass
        life.power_down()
        for _ in range(STARTS):
            life.power_up()
            life.live()
            life.power_down()
    except Refused as error:
        return "refused: %s %s" % (sentences.error_name(error.code), error.detail)
    except (AssertionError, OSError) as error:
        return repr(error)
    finally:
        life.power_down()
    return None


def main(order, places):
    """Cut at every operation; print what was broken."""
    if order == "saves-first":
        Terminal.change = _change
        Terminal.save_change = lambda terminal, name, new: None
    wipe()
    operations = Life().operations()
    plan = [(k, partial) for k in range(operations + 1) for partial in PARTIAL]
    if places == "one":
        plan = [(k, PARTIAL[k % len(PARTIAL)]) for k in range(operations + 1)]
    tell(operations, plan, lambda place: _cut(*place))


main(*sys.argv[1:])
