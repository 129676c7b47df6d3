"""Power cuts under a whole update, from the manifest to the confirmation; prints JSON.

Owns: a life of a terminal with two slots on littlefs over the NOR flash model: real operations,
real signatures, real fixed part; cut at operations of the flash; what must hold at every start.
Refuses: nothing; the last line of the output is the result, read by test_update_cuts.py.
Units: operations of the flash (page programs and block erases); bytes of a page.

Usage: update_cuts.py SEED COUNT; COUNT 0: every operation, at its beginning and in its middle.
"""

import random
import sys

import signing
import slot_cuts
import slots
import terminal_parts as parts
from cut_flash import ROOT, WORK, tell
from simulation.nor import PAGE, PowerCut
from slot_cuts import NEW, NEW_CONTENTS, PIECE
from steelyard_wire import cose, record, release, sentences, several, statement
from steelyard_wire.codes import Refused
from terminal.cold import call
from terminal.drivers import measure, segment_setup, slot_files  # noqa: F401 - else loaded anew
from terminal.drivers.segment_files import SegmentFiles
from terminal.evidence import settings, sign_viper, verify  # noqa: F401
from terminal.evidence.steps import finish

signing.arithmetic = sign_viper

FIXED = ("/boot.py", "/main.py", "/packed.mpy", "/slots.mpy")
SEEDS = [bytes([k]) * 32 for k in (1, 2, 3)]
KEPT = ("identity.cbor", "calibration.cbor", "config.cbor")


class Board(parts.Board):
    """What identifies the hardware, too."""

    NAME = "test"
    KEYS = {}
    ALARM = SUPPLY = THERMOMETER = TILT = SHUNT = None
    SIGNER = {"arithmetic": "viper"}
    JOURNAL = {"device": "segment_files"}
    TEST = True


parts.Board = Board


def _keys():
    signers = []
    for seed in SEEDS:
        signer = signing.signer(seed)
        finish(signer.prepare_steps())
        signers.append(signer)
    return signers


def _manifest(signers):
    literals = {name: getattr(Board, name, None) for name in release.HARDWARE + ("SIGNER",)}
    version = sys.implementation.version[:2]
    fields = {
        "version": "2",
        "sequence": 2,
        "minimum": 1,
        "product": release.PRODUCT,
        "board": "test",
        "hardware": release.hardware(literals),
        "mpy": [sys.implementation._mpy & 255, 0, 0],
        "oldest": version,
        "newest": version,
        "made": 0,
        "size": len(NEW),
        "contents": bytes([int(NEW_CONTENTS[at : at + 2], 16) for at in range(0, 64, 2)]),
        "calibration": 1,
    }
    payload = statement.encode(statement.RELEASE, fields)
    message = several.to_be_signed(payload, statement.aad(statement.RELEASE))
    rows = []
    for signer in signers[:2]:
        rows.append((statement.key_id(signer.public_key), finish(signer.sign_steps(message))))
    return several.build(payload, rows)


class Life(slot_cuts.Life):
    """A terminal in the slots, and what it has acknowledged."""

    def __init__(self, manifest, records, kept):
        super().__init__(True, False)
        self.manifest = manifest
        self.records = dict(records)
        self.kept = kept
        self.salt = 0

    def terminal(self):
        """A start of the firmware that runs, as far as its signed record."""
        self.salt += 1
        device = SegmentFiles(self.chip, parts.Random(self.salt), call, ROOT + "/journal", 4)
        terminal = parts.make(ROOT, self.salt, device=device)
        terminal.software_id = measure.software_identification()
        terminal.open()
        finish(terminal.start_steps(1))
        for n, envelope in self.records.items():
            assert terminal.journal.get(n) == envelope, "record %d is another" % n
        for name in KEPT:
            assert _read(name) == self.kept[name], name + " is another"
        return terminal

    def live(self):
        """Update until the new one is confirmed, and weigh."""
        if self.start() == "old":
            self._take(self.terminal())
            assert self.start() == "new", "what was activated does not start"
        terminal = self.terminal()
        assert slots.read()[:2] == ["b", slots.CONFIRMED], "it is not confirmed"
        self.confirmed = True
        parts.load(terminal, 0)
        self._keep(finish(terminal.register_steps(None)))

    def _keep(self, written):
        assert written[0] not in self.records, "a number was used twice"
        self.records[written[0]] = written[1]

    def _take(self, terminal):
        have, size = finish(call("terminal.update", "manifest_steps", terminal, self.manifest))
        upload = slot_files.Upload(size)
        while upload.have < size:
            upload.put(NEW[upload.have : upload.have + PIECE])
        upload.close()
        self._keep(finish(call("terminal.update", "apply_steps", terminal)))

    def told(self, terminal):
        """The states of the FIRMWARE records, in order."""
        found = []
        for n in range(terminal.journal.next_n):
            fields = record.decode(cose.split(terminal.journal.get(n)).payload)
            if fields[record.TYP] == record.FIRMWARE:
                found.append(fields[record.DATA][5])
        return found


def _read(name):
    with open(ROOT + "/state/" + name, "rb") as file:
        return file.read()


def _begin(signers):
    """A provisioned, calibrated terminal that trusts three keys; (its flash, records, files)."""
    slot_cuts._begin()
    life = Life(b"", {}, {})
    life.power_up()
    for path in FIXED:
        with open(ROOT + path, "w") as file:
            file.write(path)
    life.start()
    device = SegmentFiles(life.chip, parts.Random(99), call, ROOT + "/journal", 4)
    terminal = parts.started(ROOT, 99, device=device)
    terminal.software_id = measure.software_identification()
    finish(terminal.provision_steps("SN-1", parts.ENTROPY, parts.LINK_KEY))
    finish(terminal.change("set_parameter", "e", "10"))
    parts.calibrate(terminal)
    keys = [signer.public_key for signer in signers]
    settings.save(terminal.files, "trust", {1: 1, 2: 2, 3: keys, 4: 2, 5: keys, 6: "TEST"})
    records = {n: terminal.journal.get(n) for n in range(terminal.journal.next_n)}
    kept = {name: _read(name) for name in KEPT}
    life.power_down()
    return bytes(WORK), records, kept


def _cut(begin, manifest, cuts):
    """What was broken by these cuts, or None."""
    image, records, kept = begin
    WORK[:] = image
    life = Life(manifest, records, kept)
    try:
        for operation, partial in cuts:
            try:
                life.power_up(operation, partial)
                life.live()
            except PowerCut:
                pass
            life.power_down()
        life.power_up()
        life.live()
        terminal = life.terminal()
        told = life.told(terminal)
        assert told[0] == release.ANNOUNCED and told[-1] == release.RUNNING, told
        # A release that a cut kept from starting is announced again, and said to have failed.
        assert told.count(release.RUNNING) == 1, told
        assert told.count(release.ANNOUNCED) == told.count(release.FAILED) + 1, told
        assert settings.load(terminal.files, "release") == {1: 2, 2: 1}
        assert settings.load(terminal.files, "update") is None
    except Refused as error:
        return "refused: %s %s" % (sentences.error_name(error.code), error.detail)
    except (slot_cuts.Broken, AssertionError, OSError) as error:
        return repr(error)
    finally:
        life.power_down()
    return None


def main(seed, count):
    """Cut; print what was broken."""
    slots.ROOT = ROOT
    signers = _keys()
    manifest = _manifest(signers)
    begin = _begin(signers)
    WORK[:] = begin[0]
    operations = Life(manifest, *begin[1:]).operations()
    random.seed(int(seed))
    plan = [((k, partial),) for k in range(operations + 1) for partial in (0, PAGE // 2)]
    if int(count):
        plan = []
        for _ in range(int(count)):
            cuts = [(random.randrange(operations), random.randrange(PAGE + 1)) for _ in range(2)]
            plan.append(cuts[: random.randrange(1, 3)])
    tell(operations, plan, lambda cuts: _cut(begin, manifest, cuts))


if __name__ == "__main__":
    main(*sys.argv[1:])
