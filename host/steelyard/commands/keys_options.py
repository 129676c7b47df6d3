"""What the commands of `steelyard keys` share: options, and statements as plain data."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from steelyard_wire import statement

from steelyard.keys.files import PublicKey
from steelyard.keys.statements import Statement
from steelyard.keys.words import title

Out = Annotated[Path | None, typer.Option(help="The file to make, which must not be there yet.")]
Test = Annotated[
    bool, typer.Option("--test", help="It proves nothing, and its name begins with TEST.")
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="Take the passphrase from the first line of this file, for scripts."),
]
PassphraseFd = Annotated[
    int | None, typer.Option(help="Take it from this open file descriptor.", metavar="N")
]


def file_name(name: str) -> str:
    """A name as that of a file."""
    kept = "".join(mark if mark.isalnum() or mark in "-_." else "-" for mark in name.lower())
    return kept.strip("-.") or "key"


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return [_plain(item) for item in value] if isinstance(value, list) else value


def as_json_fields(one: Statement) -> dict[str, Any]:
    """A statement as plain data."""
    fields = {name: _plain(value) for name, value in one.fields.items()}
    said = {"kind": statement.KINDS[one.kind], "title": title(one), "fields": fields}
    if one.kind == statement.ROOT:
        said["fingerprint"] = sha256(one.payload).hexdigest()
    return said


def made(path: Path, public: PublicKey) -> dict[str, Any]:
    """A key file as plain data."""
    return {
        "name": public.name,
        "role": public.role,
        "key_id": public.key_id,
        "test_key": public.test,
        "private": str(path),
        "public": str(path.with_suffix(".pub")),
    }
