"""Files that prove something to anyone: two records of one number, and one tree within another.

Owns: their form. Refuses: with UserError, records that are not there and files of another form.
Units: none.

An equivocation proof is a record file with two signed records of one terminal and one number. A
tree proof is JSON: two records and the hashes of RFC 6962 between the trees that they commit to.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard_wire import record
from steelyard_wire.quantity import format_quantity, unit_name
from steelyard_wire.tree import leaf_hash

from steelyard import records
from steelyard.alone import counts
from steelyard.errors import USAGE, UserError
from steelyard.keys.authority import Authority
from steelyard.opened import ES256, KeyEntry, Rejected, open_record
from steelyard.report import Check, Report
from steelyard.tlog import Tree, consistent, includes
from steelyard.vouching import Vouching

KIND = "steelyard-tree-proof/1"


def write_equivocations(report: Report, folder: Path) -> list[Path]:
    """A file for each number that was given to two records; their names."""
    made = []
    for (dev, n), raws in sorted(report.equivocations.items()):
        path = folder / f"equivocation-proof-{dev.hex()}-{n}.records"
        comment = f"terminal {dev.hex()} signed number {n} twice: each line is a valid record"
        records.write(path, sorted(raws), comment)
        made.append(path)
    return made


@dataclass(frozen=True)
class TreeProof:
    """Two records, and why what the older committed to is in what the newer commits to."""

    older: bytes
    newer: bytes
    consistency: Sequence[bytes]
    inclusion: Sequence[bytes]

    def to_json(self) -> dict[str, object]:
        """Plain data, for a file."""
        return {
            "kind": KIND,
            "older": base64.b64encode(self.older).decode(),
            "newer": base64.b64encode(self.newer).decode(),
            "consistency": [hash_.hex() for hash_ in self.consistency],
            "inclusion": [hash_.hex() for hash_ in self.inclusion],
        }


def prove(envelopes: Sequence[bytes], older: int, newer: int) -> TreeProof:
    """The proof from a terminal's records 0 to at least newer - 1; UserError."""
    if not 0 <= older < newer < len(envelopes):
        raise UserError(
            USAGE,
            f"a proof needs two records, the older first, of the {len(envelopes)} that there are:"
            f" {older} and {newer} are not",
        )
    tree = Tree([leaf_hash(raw) for raw in envelopes[:newer]])
    consistency = tree.consistency(older, newer) if older else []
    return TreeProof(envelopes[older], envelopes[newer], consistency, tree.inclusion(older, newer))


def load(path: Path) -> TreeProof:
    """The proof in a file; UserError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["kind"] != KIND:
            raise ValueError
        return TreeProof(
            base64.b64decode(found["older"], validate=True),
            base64.b64decode(found["newer"], validate=True),
            [bytes.fromhex(text) for text in found["consistency"]],
            [bytes.fromhex(text) for text in found["inclusion"]],
        )
    except OSError as error:
        raise UserError(USAGE, f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(USAGE, f"{path} is no proof as `steelyard prove` writes it") from None


def check(
    proof: TreeProof,
    registry: Mapping[bytes, KeyEntry],
    allow_test: bool = False,
    authority: Authority | None = None,
) -> tuple[Report, dict[str, Any]]:
    """Verify a proof: both signatures, then the trees; the report and what was said."""
    report = Report()
    vouching = Vouching(report, authority or Authority())
    found = []
    for name, raw in (("older", proof.older), ("newer", proof.newer)):
        try:
            fields, entry = open_record(raw, registry)
        except Rejected as rejected:
            report.fail(rejected.check, f"the {name} record: {rejected.detail}")
            return report, {}
        report.test |= entry.test
        if entry.test and not allow_test:
            report.fail("test key", f"{entry.serial}: a TEST key proves no weight")
        if (entry.algorithm == ES256) != (record.USE in fields):
            report.fail("uses", f"the {name} record {counts(entry)}")
        found.append(fields)
        vouching.see(fields[record.DEV], fields[record.N])
        report.records.append(fields)
        report.count_record(fields[record.N])
    older, newer = found
    vouching.finish(registry)
    old, new = older[record.N], newer[record.N]
    if older[record.DEV] != newer[record.DEV] or not old < new:
        report.fail("device", "not an older and a newer record of one terminal")
        return report, {}
    uses = [int(fields.get(record.USE) or fields[record.N]) for fields in (older, newer)]
    if uses[1] - uses[0] < new - old:
        report.fail("uses", "the key was used fewer times than there are records between them")
    root = newer[record.ROOT]
    if not includes(proof.inclusion, leaf_hash(proof.older), old, new, root):
        report.fail("root", f"record {old} is not in the tree that record {new} commits to")
    if old and not consistent(proof.consistency, old, older[record.ROOT], new, root):
        report.fail("root", f"the past of record {old} is not that of record {new}")
    readings, net, voids = (
        after - before for before, after in zip(older[record.TOT], newer[record.TOT], strict=True)
    )
    if not report.failures:
        report.checks += _passed(old, new)
    said = {"older": old, "newer": new, "readings": readings, "net": net, "voids": voids}
    weight = newer.get(record.VAL) or older.get(record.VAL)
    if weight:  # else nothing says what the sum's steps are
        said["weight"] = f"{format_quantity(net, weight[1])} {unit_name(weight[2])}"
    return report, said


def _passed(old: int, new: int) -> list[Check]:
    return [
        Check("signature", True, True, count=2),
        Check("root", True, True, f"everything before record {old} is before record {new}, too"),
    ]
