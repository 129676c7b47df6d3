"""The recorder: from an event to a signed record in the journal, one at a time.

Owns: the fields that make a record part of the chain (device, number, root, totals), the order
build, sign, write, announce.
Refuses: with Refused(BUSY) while a record is being signed, and whatever record, signer and journal
refuse, then without having used the number.
Units: work in 256-bit multiplications, as the signer counts; totals as in journal.

The boot counter and the counts of events live in the records: each carries them, so the last one
in the journal holds the highest that were ever signed. They can run back no more than the journal
can, need no file and no write of their own; a start that signed nothing is not counted.
"""

from steelyard_wire import cose, record
from steelyard_wire.codes import BUSY, KEY_USES, RETIRED, Refused
from steelyard_wire.shim import const

MOST_APART = const(1)  # signatures between two records, of a key whose uses are counted
# What a full journal has left for an opening of the case, and for who unlocks it: four records.
_SPARE = const(2048)
_ENVELOPE = const(86)  # bytes around a payload of 256 bytes or more; one fewer below


def last_counts(journal) -> tuple:
    """(boot counter, counts of events) of the newest record; zeros if there is none.

    Refused(JOURNAL_FAULT) or Refused(SYNTAX) if that record cannot be read.
    """
    fields = {}
    if journal.next_n:
        newest = journal.get(journal.next_n - 1)
        fields = record.decode(cose.split(newest).payload)
    # Firmware from before events were counted has no counts in its records.
    return fields.get(record.BC, 0), fields.get(record.EV, [0] * len(record.EVENTS))


class Recorder:
    """Records events in `journal`, signed by `signer` in the name of `identity`.

    signer: has `suite`, `uses_steps()`, a generator that returns how often its key was used, or
    None, and `sign_steps(message)`, one that returns 64 bytes; both yield work.
    identity: has `dev`, 8 bytes. terminal: has `common_fields()`, the fields BC, UP, T, TS, CAL
    and FW of this moment.
    """

    def __init__(self, journal, signer, identity, terminal) -> None:
        self._journal = journal
        self._signer = signer
        self._identity = identity
        self._terminal = terminal
        self._busy = False
        self._apart = 0  # signatures since the last record
        self.events = last_counts(journal)[1]
        self.alg = cose.ALGORITHMS[signer.suite]  # COSE's number
        self.retired = False  # the last record of this key was written

    def check_idle(self) -> None:
        """Refused(BUSY) while a record is being signed, Refused(RETIRED) after the last one."""
        if self.retired:
            raise Refused(RETIRED, "")
        if self._busy:
            raise Refused(BUSY, "signing")

    def record_steps(self, typ: int, fields: dict):
        """Record one event; yields work, returns (n, envelope) when it is in the journal.

        fields: those of the type (record.VAL, record.ST, record.DATA ...). Run it to its end or
        close it: until then every other call is Refused(BUSY).
        """
        self.check_idle()
        self._busy = True
        try:
            return (yield from self._steps(typ, fields))
        finally:
            self._busy = False

    def check_apart(self) -> None:
        """As check_idle, and Refused(KEY_USES) when the next signature has to be a record's."""
        self.check_idle()
        if self._apart >= MOST_APART and self.alg != cose.ALG_EDDSA:
            raise Refused(KEY_USES, "")

    def sign_steps(self, message: bytes):
        """Sign what is no record; yields work, returns the signature. As check_apart."""
        self.check_apart()
        self._busy = True
        self._apart += 1
        try:
            return (yield from self._signer.sign_steps(message))
        finally:
            self._busy = False

    def _steps(self, typ: int, fields: dict):
        journal = self._journal
        n = journal.next_n
        dev = self._identity.dev
        totals = self._totals(typ, fields)
        events = list(self.events)
        if typ in record.EVENTS:
            events[record.EVENTS.index(typ)] += 1
        whole = self._terminal.common_fields()
        whole.update(fields)
        whole.update(
            {
                record.V: record.FORMAT,
                record.DEV: dev,
                record.N: n,
                record.ROOT: journal.root(),
                record.TYP: typ,
                record.TOT: totals,
                record.EV: events,
            }
        )
        uses = yield from self._signer.uses_steps()
        if uses is not None:
            whole[record.USE] = uses + 1
        payload = record.encode(whole)
        spare = 0 if typ in (record.CASE, record.LOCK) else _SPARE
        yield from journal.ready_steps(len(payload) + _ENVELOPE, spare)  # or it is signed in vain
        signed = cose.to_be_signed(payload, cose.protected(self.alg))
        signature = yield from self._signer.sign_steps(signed)
        envelope = cose.build(payload, signature, dev, self.alg)
        journal.append(n, envelope, totals)
        self.events = events
        self._apart = 0
        return n, envelope

    def _totals(self, typ: int, fields: dict) -> "list[int]":
        readings, net, voids = self._journal.totals
        if typ == record.READING and record.VAL in fields:  # without it the encoder refuses
            return [readings + 1, net + fields[record.VAL][0], voids]
        if typ == record.VOID:
            return [readings, net, voids + 1]
        return [readings, net, voids]
