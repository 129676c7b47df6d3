"""What is checked of each envelope by itself: signature, decoding, device, key, who vouches.

Owns: the tallies of it, and the keys that come with records. Refuses: nothing; what does not pass
is told to the report.
Units: as in the records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from steelyard_wire import block, cose, record
from steelyard_wire.codes import Refused

from steelyard.keys.authority import Authority
from steelyard.opened import (
    ES256,
    Fields,
    KeyEntry,
    Rejected,
    algorithm_of,
    decoded,
    decoded_block,
    payload_of,
)
from steelyard.report import Check, Report
from steelyard.vouching import Vouching

# Passed one by one, told as one.
_ALONE = ("envelope", "signature", "decoding", "device", "test key")


class Alone:
    """What is checked of each record by itself; its tallies.

    strangers: terminals whose keys came with their records.
    """

    def __init__(
        self,
        report: Report,
        registry: Mapping[bytes, KeyEntry],
        allow_test: bool,
        authority: Authority | None = None,
    ) -> None:
        self.report = report
        self.strangers: set[bytes] = set()
        self._vouching = Vouching(report, authority or Authority())
        self._registry = registry
        self._allow_test = allow_test
        self._passed: Counter[str] = Counter()
        self._devices: dict[bytes, bytes] = {}  # public key: device id
        self._test_told = ""
        self._opened = 0  # with envelope, signature and decoding
        self._named = 0  # and device
        self._untrusted = 0  # of those, TEST keys that are not allowed

    def take(self, place: int, raw: bytes, outcome: str, is_block: bool = False) -> Fields | None:
        """The fields of a record, or a block, if its signature holds and it names its key.

        outcome: of its signature (signatures.outcome_of).
        """
        report = self.report
        try:
            if outcome:
                raise Rejected(*outcome.split(":", 1))
            fields = (decoded_block if is_block else decoded)(payload_of(raw))
            entry = self._registry[cose.kid(raw)]
        except Rejected as rejected:
            order = ("envelope", "key", "signature", "decoding")
            for name in order[: order.index(rejected.check)]:
                if name != "key":
                    self._passed[name] += 1
            report.fail(rejected.check, f"item {place}: {rejected.detail}")
            return None
        self._opened += 1
        n = None if is_block else fields[record.N]
        dev = self._devices.get(entry.public_key)
        if dev is None:
            try:
                dev = record.device_id(entry.public_key, entry.test)
            except Refused:
                dev = b""
            self._devices[entry.public_key] = dev
        if not fields[block.DEV if is_block else record.DEV] == dev == cose.kid(raw):
            named = f"item {place}: the block" if n is None else f"record {n}"
            report.fail("device", f"{named} names another", n)
            return None
        self._named += 1
        if not is_block and (entry.algorithm == ES256) != (record.USE in fields):
            report.fail("uses", f"record {n}: {counts(entry)}", n)
        if entry.test:
            report.test = True
            self._test_told = f"{entry.serial}: a TEST key proves no weight"
            if not self._allow_test:
                self._untrusted += 1
                report.fail("test key", self._test_told, n)
        # A block says how many records there were when it was signed.
        self._vouching.see(dev, fields[block.N] - 1 if n is None else n, is_block)
        return fields

    def finish(self) -> None:
        """Tell the report what passed."""
        for name in ("envelope", "signature", "decoding"):
            self._passed[name] += self._opened
        self._passed["device"] = self._named
        self._passed["test key"] = self._named - self._untrusted
        for name in _ALONE:
            if self._passed[name]:
                detail = self._test_told if name == "test key" else ""
                self.report.checks.append(
                    Check(name, True, True, detail, count=self._passed[name])
                )
        registered = self._registry.keys() - self.strangers
        self._vouching.finish({dev: self._registry[dev] for dev in registered})


def counts(entry: KeyEntry) -> str:
    """What is wrong with a record that does not fit its key in this."""
    said = "does not say how often its key was used"
    return said if entry.algorithm == ES256 else "says how often its key was used: nobody counts"


def unvouched(dev: bytes) -> str:
    """What is wrong with a key that came with its records."""
    return f"the key of terminal {dev.hex()} came with its records: nobody vouches for it"


def own_key(raw: bytes) -> KeyEntry | None:
    """The key that a record 0 brings itself; it makes nothing more than consistent in itself."""
    try:
        envelope = cose.split(raw)
        fields = record.decode(envelope.payload)
        data = fields.get(record.DATA)
        if fields[record.TYP] != record.BOOT or not isinstance(data, dict):
            return None
        test = record.is_test(envelope.kid)
        key = data[1]
        if isinstance(key, bytes) and record.device_id(key, test) == envelope.kid:
            return KeyEntry(key, "not registered", test, algorithm_of(envelope.protected))
    except Refused:
        pass
    return None
