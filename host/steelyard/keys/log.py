"""The log of a station: everything that it stated, in a tree that only grows.

Owns: the form of the file: a statement a line (kind, envelope, the station's signature over the
tree's head with it), its heads as C2SP checkpoints, proofs that a statement is in it.
Refuses: with UserError, a file that cannot be read or written, or that is none. What is wrong with
its content is a finding.
Units: numbers of statements, from 1; sizes count them.

The tree is RFC 6962's over the envelopes. A line is on the disk before anybody gets its statement.
A line that a power cut left unfinished was given to nobody, and goes when the next one is written.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from steelyard_wire import statement
from steelyard_wire.codes import Refused
from steelyard_wire.tree import leaf_hash

from steelyard.errors import USAGE, UserError
from steelyard.keys.files import PrivateKey
from steelyard.keys.statements import Statement, opened
from steelyard.opened import EDDSA, signature_holds
from steelyard.saved import sync_folder
from steelyard.tlog import Frontier, Tree, includes
from steelyard.trust import PLAIN, key_id, note_line
from steelyard.turns import turn

PROOF = "steelyard-log-proof/1"
_KINDS = ("DEVICE", "VERIFICATION")


def origin(kid: bytes) -> str:
    """The name of a station's log, by its key id."""
    return f"steelyard/log/{kid.hex()}"


def head_text(kid: bytes, size: int, root: bytes) -> bytes:
    """What the station signs after each statement (C2SP tlog-checkpoint)."""
    return f"{origin(kid)}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def note_of(public_key: bytes, size: int, root: bytes, signature: bytes) -> str:
    """A head with its signature (C2SP signed-note)."""
    kid = statement.key_id(public_key)
    name = origin(kid)
    line = note_line(name, key_id(name, PLAIN, public_key) + signature)
    return head_text(kid, size, root).decode() + "\n" + line


def read_note(text: str, public_key: bytes) -> tuple[int, bytes]:
    """Size and root of a head that the station has signed; UserError."""
    kid = statement.key_id(public_key)
    try:
        name, size, root, empty, line = text.splitlines()[:5]
        signature = base64.b64decode(line.split(" ")[2], validate=True)[4:]
        head = int(size), base64.b64decode(root, validate=True)
        whole = name == origin(kid) and not empty and note_of(public_key, *head, signature) == text
        if whole and signature_holds(EDDSA, public_key, head_text(kid, *head), signature):
            return head
    except (ValueError, IndexError, binascii.Error):
        pass
    raise UserError(USAGE, f"no head of the log that station {kid.hex()} has signed")


@dataclass(frozen=True)
class Entry:
    """A line: a statement, and the station's signature over the head with it."""

    statement: Statement
    signature: bytes


@dataclass
class Log:
    """The log in a file. torn: bytes of an unfinished last line."""

    path: Path
    entries: list[Entry]
    torn: int = 0
    _file: IO[bytes] | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """How many statements there are."""
        return len(self.entries)

    def tree(self) -> Tree:
        """The tree over all of them."""
        return Tree([leaf_hash(one.statement.envelope) for one in self.entries])

    def findings(self, public_key: bytes) -> list[str]:
        """What is wrong with it; nothing if all of it is what the station made."""
        kid, frontier, found = statement.key_id(public_key), Frontier(), []
        for number, entry in enumerate(self.entries, 1):
            one = entry.statement
            frontier.append(one.envelope)
            if not one.signed_by({kid: public_key}):
                found.append(f"statement {number} is not signed by station {kid.hex()}")
            elif one.number != number:
                found.append(f"statement {one.number} stands in the place of number {number}")
            head = head_text(kid, number, frontier.root())
            if not signature_holds(EDDSA, public_key, head, entry.signature):
                found.append(f"the head of {number} statements is not what the station signed")
                break  # nor is any after it
        return found

    def continues(self, size: int, root: bytes) -> bool:
        """Whether a head that somebody saw is the beginning of it."""
        return not size or (size <= self.size and self.tree().root(0, size) == root)

    def note(self, public_key: bytes) -> str:
        """The newest head, signed."""
        root = self.tree().root(0, self.size)
        return note_of(public_key, self.size, root, self.entries[-1].signature)

    def append(self, one: Statement, key: PrivateKey) -> None:
        """Add a statement: on the disk when this returns; UserError."""
        entries = [*self.entries, Entry(one, b"")]
        root = Log(self.path, entries).tree().root(0, len(entries))
        signature = key.sign(head_text(key.public.key_id, len(entries), root))
        data = [base64.b64encode(raw).decode() for raw in (one.envelope, signature)]
        file = self._file
        if file is None:
            raise ValueError("the log is open for reading")
        try:
            if self.torn:
                file.truncate(file.seek(-self.torn, os.SEEK_END))
            start = file.seek(0, os.SEEK_END)
            try:
                line = f"{one.name} {data[0]} {data[1]}\n".encode()
                while line:
                    line = line[file.write(line) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(start)
                raise
            sync_folder(self.path)
        except OSError as error:
            raise UserError(
                USAGE, f"cannot write {self.path}: {error.strerror}. Nothing was issued"
            ) from None
        self.torn = 0
        self.entries.append(Entry(one, signature))

    def prove(self, number: int, public_key: bytes) -> dict[str, Any]:
        """Why statement `number` is in the log, as plain data; UserError."""
        if not 1 <= number <= self.size:
            raise UserError(USAGE, f"the log has statements 1 to {self.size}, and no {number}")
        one = self.entries[number - 1].statement
        return {
            "kind": PROOF,
            "statement": f"{one.name} {base64.b64encode(one.envelope).decode()}",
            "number": number,
            "inclusion": [hash_.hex() for hash_ in self.tree().inclusion(number - 1, self.size)],
            "note": self.note(public_key),
        }


def check_proof(proof: dict[str, Any], public_key: bytes) -> Statement:
    """The statement that a proof shows to be in a station's log; UserError."""
    try:
        name, _, data = proof["statement"].partition(" ")
        one = opened(statement.KINDS.index(name), base64.b64decode(data, validate=True))
        hashes = [bytes.fromhex(text) for text in proof["inclusion"]]
        number, note = int(proof["number"]), str(proof["note"])
    except (KeyError, ValueError, TypeError, AttributeError, Refused):
        raise UserError(USAGE, "no proof as `steelyard keys log` writes it") from None
    size, root = read_note(note, public_key)
    kid = statement.key_id(public_key)
    inside = includes(hashes, leaf_hash(one.envelope), number - 1, size, root)
    if not inside or one.number != number or not one.signed_by({kid: public_key}):
        raise UserError(USAGE, f"the proof shows no statement {number} of station {kid.hex()}")
    return one


def _entry(line: bytes) -> Entry:
    name, envelope, signature = line.decode().split(" ")
    if name not in _KINDS:
        raise ValueError
    raw = base64.b64decode(envelope, validate=True)
    one = opened(statement.KINDS.index(name), raw)
    if not one.signatures:
        raise ValueError
    return Entry(one, base64.b64decode(signature, validate=True))


def parse(path: Path, data: bytes) -> Log:
    """The log in a file's bytes; UserError."""
    *lines, rest = data.split(b"\n")
    entries = []
    for at, line in enumerate(lines, 1):
        try:
            entries.append(_entry(line))
        except (ValueError, binascii.Error, Refused):
            raise UserError(
                USAGE, f"{path}: line {at} is no line of a station's log. Restore it from a copy"
            ) from None
    return Log(path, entries, len(rest))


def load(path: Path) -> Log:
    """The log in a file, for reading; UserError."""
    try:
        return parse(path, path.read_bytes())
    except OSError as error:
        raise UserError(USAGE, f"cannot read {path}: {error.strerror}") from None


@contextmanager
def at_work(path: Path) -> Iterator[Log]:
    """The log in a file, for `append`; nobody else has it meanwhile; UserError."""
    try:
        with turn(path):
            new = not path.exists()
            # Unbuffered: what could not be written may not come later.
            with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", 0) as file:
                log = parse(path, file.read())
                log._file = file
                try:
                    yield log
                finally:
                    log._file = None
                    if new and not log.size:
                        path.unlink()
    except OSError as error:
        raise UserError(USAGE, f"cannot open {path}: {error.strerror}") from None
