"""A maker, an inspection body and their statements, all of TEST keys, for a terminal of tests.

Owns: their keys, what they sign, a latch whose case a test opens.
Refuses: nothing. Units: times in s since 1970.
"""

import signing
from steelyard_wire import commands, cose, several, statement
from terminal import access, checks, papers, sealing
from terminal.drivers.latch import Latch
from terminal.evidence.steps import finish
from terminal_parts import calibrate, make, provisioned

YEAR_S = 365 * 86400
NOW = 1800000000
SERIALS = [["SN-1", "SN-9"]]
UNLOCK_KEY = b"TEST unlock key, proves nothing!"


class Key:
    """A key pair by a name."""

    def __init__(self, name):
        self.signer = signing.signer((b"TEST " + name.encode() + b"." * 32)[:32]).prepare()
        self.public = self.signer.public_key
        self.id = statement.key_id(self.public)

    def sign(self, message):
        return self.signer.sign(message)


HOLDERS = [Key("holder %d" % number) for number in range(3)]
RELEASE = [Key("release %d" % number) for number in range(3)]
MAKER = Key("maker")
BODY = Key("body")
SERVICE = Key("service")
FACTORY = Key("factory")
INSPECTOR = Key("inspector")


def by_several(kind, fields, holders):
    """The envelope of a statement that these sign."""
    payload = statement.encode(kind, fields)
    message = several.to_be_signed(payload, statement.aad(kind))
    return several.build(payload, [(key.id, key.sign(message)) for key in holders])


def by_one(kind, fields, key):
    """The envelope of a statement that one signs."""
    payload = statement.encode(kind, fields)
    return cose.build(payload, key.sign(statement.to_be_signed(kind, payload)), key.id)


def root(**other):
    """Fields of a root with a threshold of 2 of 3."""
    fields = {"version": 1, "name": "TEST root", "made": NOW, "threshold": 2}
    fields["holders"] = [key.public for key in HOLDERS]
    fields["release_threshold"] = 2
    fields["release"] = [key.public for key in RELEASE]
    fields.update(other)
    return fields


def station(key, roles, **other):
    """Fields of a station for a year and the serial numbers SN-1 to SN-9."""
    fields = {"number": 1, "name": "TEST station", "key": key.public, "roles": roles}
    fields.update({"serials": SERIALS, "from": NOW - 1, "until": NOW + YEAR_S})
    fields.update(other)
    return fields


def device(terminal, **other):
    """Fields of the device statement of a terminal, with a key for each level."""
    identity = terminal.identity
    link_key = statement.link_commitment(terminal.link_key)
    access = [[commands.OPERATOR, statement.BY_HMAC, link_key]]
    for level, key in (
        (commands.SERVICE, SERVICE),
        (commands.FACTORY, FACTORY),
        (commands.INSPECTOR, INSPECTOR),
    ):
        access.append([level, statement.BY_SIGNATURE, key.public])
    fields = {"number": 1, "dev": identity.dev, "suite": 1, "key": identity.public_key}
    fields.update({"serial": identity.serial, "model": terminal.board.MODEL, "hardware": 0})
    fields.update({"made": NOW, "production": "P-2026-1", "seals": ["A1", "A2"]})
    fields["access"] = access
    fields["approval"] = "TEST CPA 2026F001"
    fields.update(other)
    return fields


def verified(terminal, **other):
    """Fields of a verification of a terminal as it is."""
    fields = {"number": 1, "dev": terminal.identity.dev, "production": "P-2026-1"}
    fields["calibration"] = [terminal.generation(), terminal.calibration_digest()]
    fields["software"] = terminal.software_id[:8]
    fields["repair"] = terminal.locks[sealing.REPAIR]
    fields["seals"] = terminal.locks[sealing.SEALS]
    fields["lock"] = terminal.locks[sealing.COUNTER]
    fields.update({"code": "V-1", "from": NOW, "until": NOW + YEAR_S, "body": "TEST body"})
    fields.update(other)
    return fields


def take(terminal, kind, envelope):
    """Have a statement taken."""
    return finish(papers.take_steps(terminal, kind, envelope))


def trusting(terminal, serials=SERIALS):
    """Root and both stations are known to it."""
    take(terminal, statement.ROOT, by_several(statement.ROOT, root(), HOLDERS[:2]))
    for key, roles in ((MAKER, statement.MAKES), (BODY, statement.VERIFIES)):
        fields = station(key, roles, serials=serials)
        take(terminal, statement.STATION, by_several(statement.STATION, fields, HOLDERS[1:]))


def verify(terminal, **other):
    """A verification of it as it is now."""
    fields = verified(terminal, **other)
    take(terminal, statement.VERIFICATION, by_one(statement.VERIFICATION, fields, BODY))


class Pins:
    """The flip-flop under the cover and the switch that sets it."""

    def __init__(self):
        self.is_open = False
        self.was_opened = False

    def move(self, is_open):
        self.is_open = is_open
        self.was_opened = self.was_opened or is_open

    def opened(self):
        return 1 if self.was_opened else 0

    def clear(self, level):
        if level and not self.is_open:
            self.was_opened = False


def with_latch(terminal, pins):
    """The terminal with a case."""
    terminal.latch = Latch(pins.opened, pins.clear)
    return terminal


def again(folder, pins=None, cause=3):
    """The terminal after a restart; the clock is set, as a host does."""
    terminal = make(folder)
    if pins is not None:
        with_latch(terminal, pins)
    terminal.open()
    finish(terminal.start_steps(cause))
    terminal.clock.set(NOW + 60)
    return terminal


def sealed(folder, pins=None, unlock_key=b""):
    """A terminal that was made, calibrated and sealed, and has started again."""
    terminal = provisioned(folder, unlock_key)
    terminal.clock.set(NOW)
    calibrate(terminal)
    trusting(terminal)
    envelope = by_one(statement.DEVICE, device(terminal), MAKER)
    take(terminal, statement.DEVICE, envelope)
    if pins is not None:
        with_latch(terminal, pins)
    finish(sealing.seal_steps(terminal))
    return again(folder, pins)


def in_use(folder, pins=None, unlock_key=b""):
    """The same, verified."""
    terminal = sealed(folder, pins, unlock_key)
    trusted_stations(terminal)
    verify(terminal)
    return terminal


def trusted_stations(terminal):
    """The inspection body's statement, sent again after a start."""
    fields = station(BODY, statement.VERIFIES)
    take(terminal, statement.STATION, by_several(statement.STATION, fields, HOLDERS[1:]))


def opened(terminal):
    """What the terminal does by itself after its case was opened."""
    terminal.attend()
    if terminal.opened():
        finish(sealing.case_steps(terminal))
    while terminal.alarm.pending:
        finish(checks.log_steps(terminal))


def token_of(terminal, key, kind, code=None, seals=(), **other):
    locks = terminal.locks
    fields = {"dev": terminal.identity.dev, "n": locks[sealing.AT], "kind": kind, "code": code}
    fields.update({"counter": locks[sealing.COUNTER], "seals": list(seals)})
    fields.update(other)
    return by_one(statement.UNLOCK, fields, key)


def unlock(terminal, token):
    return finish(access.unlock_steps(terminal, token))


def locked(folder, unlock_key=b""):
    pins = Pins()
    terminal = in_use(folder, pins, unlock_key)
    pins.move(True)
    opened(terminal)
    pins.move(False)
    return terminal, pins
