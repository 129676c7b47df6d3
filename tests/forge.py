"""An independent signer of records: cryptography, cbor2 and hashlib, none of our own code.

Owns: what protocol/README.md says of a record, an envelope and the tree, written a second time.
Refuses: nothing: forgers do not either.
Units: as in the records. The key says TEST.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED = b"TEST TEST TEST TEST TEST TEST #2"
OTHER_SEED = b"TEST TEST TEST TEST TEST TEST #3"
AAD = b"steelyard/rec/1"
BLOCK_AAD = b"steelyard/blk/1"
PROTECTED = bytes.fromhex("a10127")

Fields = dict[int, object]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    pair = root_of(leaves[:split]) + root_of(leaves[split:])
    return hashlib.sha256(b"\x01" + pair).digest()


class Forger:
    """A key, and records signed with it in any order. test: whether its id says TEST."""

    def __init__(self, seed: bytes = SEED, test: bool = False) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()
        digest = hashlib.sha256(self.public_key).digest()
        self.dev = b"TEST" + digest[:4] if test else digest[:8]

    def seal(
        self,
        payload: bytes,
        kid: bytes | None = None,
        protected: bytes = PROTECTED,
        aad: bytes = AAD,
    ) -> bytes:
        """The envelope of a payload (RFC 9052, 4.2 and 4.4)."""
        signed = cbor2.dumps(["Signature1", protected, aad, payload])
        parts = [protected, {4: kid or self.dev}, payload, self._key.sign(signed)]
        return cbor2.dumps(cbor2.CBORTag(18, parts))

    def record(self, n: int, before: Sequence[bytes], **changes: object) -> bytes:
        """A signed record n after the envelopes `before`; f7=... changes field 7."""
        fields = self.fields(n, before)
        for name, value in changes.items():
            fields[int(name[1:])] = value
        return self.seal(cbor2.dumps(fields, canonical=True))

    def fields(self, n: int, before: Sequence[bytes]) -> Fields:
        """Record 0 is a BOOT, every other a READING of n * 10 g."""
        common: Fields = {
            1: 1,
            2: self.dev,
            3: n,
            4: root_of(before),
            6: [n, 10 * n * (n + 1) // 2, 0],
            7: 1,
            8: 1000 * n,
            9: None,
            10: [0, None],
            15: [1, b"calibrat"],
            16: ["0.1.0", b"software"],
        }
        if n == 0:
            return common | {5: 0, 19: {1: self.public_key, 2: 0, 3: None}}
        return common | {5: 1, 11: [10 * n, -3, 1], 14: 1, 18: [1000 * n, None]}

    def chain(self, length: int, changes: Mapping[int, Mapping[str, object]] = {}) -> list[bytes]:
        """Records 0 .. length - 1, each committing to those before it; changes: by number."""
        made: list[bytes] = []
        for n in range(length):
            made.append(self.record(n, made, **changes.get(n, {})))
        return made

    def stream(self, length: int) -> Iterator[bytes]:
        """What `chain` gives, one by one: of the tree only the whole subtrees are kept."""
        subtrees: list[bytes] = []  # from left to right, one for each bit of n
        for n in range(length):
            root = hashlib.sha256(b"").digest() if not n else subtrees[-1]
            for left in reversed(subtrees[:-1]):
                root = hashlib.sha256(b"\x01" + left + root).digest()
            raw = self.seal(cbor2.dumps(self.fields(n, []) | {4: root}, canonical=True))
            yield raw
            node = hashlib.sha256(b"\x00" + raw).digest()
            for _ in range(((n + 1) & -(n + 1)).bit_length() - 1):
                node = hashlib.sha256(b"\x01" + subtrees.pop() + node).digest()
            subtrees.append(node)

    def block(self, seq: int, before: Sequence[bytes], **changes: object) -> bytes:
        """Signed block number `seq` of start 1, after the envelopes `before`; as `record`."""
        fields: Fields = {
            1: 1,
            2: self.dev,
            3: len(before),
            4: root_of(before),
            5: 1,
            6: seq,
            7: 60000 * seq,
            8: None,
            9: [0, None],
            10: [-3, 1],
            11: [1, b"calibrat"],
            12: ["0.1.0", b"software"],
            13: [[0, 1000 + seq, 1], [100, None, 0x2000]],
        }
        for name, value in changes.items():
            fields[int(name[1:])] = value
        return self.seal(cbor2.dumps(fields, canonical=True), aad=BLOCK_AAD)
