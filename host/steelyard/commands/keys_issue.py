"""`steelyard keys device`, `verification`, `log`: a station at work."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text
from steelyard_wire import record, statement

from steelyard import saved
from steelyard.commands import Json
from steelyard.commands.keys_options import Out, PassphraseFd, PassphraseFile, as_json_fields
from steelyard.dates import first_second, last_second
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.keys import files, issuing, statements
from steelyard.keys import log as station_log
from steelyard.keys.authority import Doubtful
from steelyard.keys.issuing import Desk, Issued, access_rows
from steelyard.keys.passphrase import Passphrase
from steelyard.keys.words import plain, title, words
from steelyard.opened import KeyEntry
from steelyard.output import rows, show
from steelyard.store import Store

HARDWARE = ("R40", "SB", "SE")
Serial = Annotated[
    str,
    typer.Argument(help="Serial number of a terminal that this host knows.", metavar="SERIAL"),
]
Key = Annotated[Path, typer.Option(help="The private key of the station.")]
LogFile = Annotated[
    Path | None, typer.Option("--log", help="The station's log; else beside its key.")
]
Seal = Annotated[list[str] | None, typer.Option(help="Number of a seal; again for each.")]
Production = Annotated[str, typer.Option(help="Production code.")]


def known_terminal(store: Store, serial: str) -> tuple[bytes, KeyEntry]:
    """Device id and key of a terminal of the registry; UserError."""
    found = [
        (dev, entry)
        for dev, entry in store.registry().items()
        if serial in (entry.serial, dev.hex())
    ]
    if len(found) > 1:
        ids = " or ".join(dev.hex() for dev, _ in found)
        raise UserError(USAGE, f"{serial} is the number of several terminals; name one: {ids}")
    if not found:
        raise UserError(
            USAGE,
            f"this host knows no terminal {serial}. First: steelyard provision ADDRESS --serial"
            f" {serial}",
        )
    return found[0]


def desk(
    key: Path, log: Path | None, store: Store, source: Passphrase, out: Path | None = None
) -> Desk:
    """A station at work; its passphrase is asked for. out: where a new statement will go."""
    whose = f"station {plain(files.public_half(key, files.STATION).name)}"
    private = files.load(key, lambda: source.ask(whose), files.STATION)
    where = log or key.with_suffix(".log")
    if out is None:
        return Desk(private, where, store)
    return Desk(private, where, store, partial(statements.check_new, out))


def _told(issued: Issued, out: Path, as_json: bool) -> int:
    one = issued.statement
    # One that was issued before is perhaps there already.
    if issued.new or not out.is_file() or statements.read(out) != [one]:
        statements.write(out, [one])
    data: dict[str, Any] = {**as_json_fields(one), "file": str(out), "new": issued.new}
    data["log_head"] = issued.note
    told = {**words(one), "file": str(out)}
    told["log"] = "issued now, and in the log" if issued.new else "in the log already"
    show(data, as_json, rows(told))
    return OK


def _register_statements(app: typer.Typer) -> None:
    @app.command()
    def device(
        serial: Serial,
        key: Key,
        production: Production,
        model: Annotated[str, typer.Option(help="Model; else as the terminal says.")] = "",
        hardware: Annotated[
            str,
            typer.Option(help="R40: its key can be read, SB: secure boot, SE: and a chip for it."),
        ] = "",
        approval: Annotated[str, typer.Option(help="Number of the type approval.")] = "",
        seal: Seal = None,
        access: Annotated[
            list[Path] | None,
            typer.Option(help="Public key that opens it, for the level that it says; again."),
        ] = None,
        log: LogFile = None,
        out: Out = None,
        passphrase_file: PassphraseFile = None,
        passphrase_fd: PassphraseFd = None,
        as_json: Json = False,
    ) -> int:
        """State, as the station that made a terminal, whose key it has.

        The statement goes into the station's log before anybody gets it. Where this host has the
        terminal's link key, its commitment opens it for the operator. Run again it gives the
        same statement.

        Example: steelyard keys device SY-0001 --key works.pem --production P-27-001 --seal 4711
        --access service.pub --access inspector.pub
        """
        store = Store()
        dev, entry = known_terminal(store, serial)
        chosen = hardware or ("SE" if len(entry.public_key) == 64 else "R40")
        if chosen not in HARDWARE:
            raise UserError(USAGE, f"--hardware is {', '.join(HARDWARE)}, not {hardware!r}")
        path = out or Path(f"{dev.hex()}-device.statement")
        issued = issuing.issue_device(
            desk(key, log, store, Passphrase(passphrase_file, passphrase_fd), path),
            public_key=entry.public_key,
            test=record.is_test(dev),
            serial=entry.serial,
            model=model or store.model(dev),
            hardware=HARDWARE.index(chosen),
            production=production,
            seals=seal or (),
            access=access_rows(access or [], store.link_key(dev)),
            approval=approval or None,
        )
        return _told(issued, path, as_json)

    @app.command()
    def verification(
        serial: Serial,
        key: Key,
        calibration: Annotated[
            str, typer.Option(help="GENERATION:DIGEST as `steelyard status` shows them.")
        ],
        software: Annotated[
            str, typer.Option(help="Software identification, in hex, or its first 8 bytes.")
        ],
        code: Annotated[str, typer.Option(help="Verification code.")],
        until: Annotated[str, typer.Option(help="Last day, e.g. 2028-12-31.")],
        since: Annotated[str, typer.Option("--from", help="First day, e.g. 2027-01-01.")],
        body: Annotated[str, typer.Option(help="Who answers for it; else the station.")] = "",
        repair: Annotated[str, typer.Option(help="Repair code, if it was repaired.")] = "",
        lock: Annotated[int, typer.Option(help="Openings so far (`steelyard seals`).")] = 0,
        seal: Seal = None,
        log: LogFile = None,
        out: Out = None,
        passphrase_file: PassphraseFile = None,
        passphrase_fd: PassphraseFd = None,
        as_json: Json = False,
    ) -> int:
        """State, as a station that verifies, what a terminal was found to be, and until when.

        Records with this calibration and this software reach level 3 of verify.

        Example: steelyard keys verification SY-0001 --key office.pem --calibration
        1:5d00a1b2c3d4e5f6 --software 762ebbfd4c000000 --code V-27-1 --from 2027-01-01 --until
        2028-12-31 --seal 4711
        """
        store = Store()
        dev, _ = known_terminal(store, serial)
        try:
            made = store.authority().device(dev)[0].fields
        except Doubtful as why:
            raise UserError(VERDICT, f"not issued: {why.detail}") from None
        generation, digest = _calibration(calibration)
        identification = _hex(software, "--software")[:8]
        first, last = first_second(since), last_second(until)
        path = out or Path(f"{dev.hex()}-verification.statement")
        station = desk(key, log, store, Passphrase(passphrase_file, passphrase_fd), path)
        issued = issuing.issue_verification(
            station,
            dev=dev,
            calibration=(generation, digest),
            software=identification,
            production=made["production"],
            repair=repair or None,
            code=code,
            seals=seal or (),
            since=first,
            until=last,
            body=body or station.key.public.name,
            lock=lock,
        )
        return _told(issued, path, as_json)


def _hex(text: str, option: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) < 8:
        raise UserError(USAGE, f"{option} has 8 bytes in hex, 16 digits: not {text!r}")
    return found


def _calibration(text: str) -> tuple[int, bytes]:
    generation, colon, digest = text.partition(":")
    if not colon or not generation.isdecimal():
        raise UserError(USAGE, "--calibration is written GENERATION:DIGEST")
    return int(generation), _hex(digest, "the digest of --calibration")


# --- the log -------------------------------------------------------------------------------------


def _station_key(store: Store, public: Path | None, kid: bytes) -> bytes:
    """The public key that a log is checked with; UserError."""
    if public is not None:
        return files.public_half(public, files.STATION).key
    for fields, _ in store.authority().stations(kid):
        return bytes(fields["key"])
    raise UserError(
        USAGE, f"this host knows no station {kid.hex()}. Name its public key with --station"
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(USAGE, f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise UserError(USAGE, f"{path} is no text") from None


def _show_proof(path: Path, text: str, station: Path | None, store: Store, as_json: bool) -> int:
    try:
        proof = json.loads(text)
        kid = bytes.fromhex(proof["note"].split("\n")[0].removeprefix("steelyard/log/"))
        if proof["kind"] != station_log.PROOF:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(USAGE, f"{path} is neither a log nor a proof") from None
    one = station_log.check_proof(proof, _station_key(store, station, kid))
    told = {**words(one), "log": f"it is number {one.number} in the log of station {kid.hex()}"}
    show({**as_json_fields(one), "in_log": True}, as_json, rows(told))
    return OK


def _findings(log: station_log.Log, key: bytes, store: Store, since: Path | None) -> list[str]:
    found = log.findings(key)
    heads = [] if since is None else [station_log.read_note(_read(since), key)]
    seen = store.log_head(station_log.origin(statement.key_id(key)))
    for size, root in [*heads, *([seen] if seen else [])]:
        if not log.continues(size, root):
            found.append(f"a head of {size} statements was seen, and the log does not continue it")
    return found


def _register_log(app: typer.Typer) -> None:
    @app.command()
    def log(
        file: Annotated[
            Path, typer.Argument(help="A station's log, or a proof from one.", metavar="FILE")
        ],
        station: Annotated[
            Path | None, typer.Option(help="Its public key, if this host does not know it.")
        ] = None,
        prove: Annotated[
            int | None, typer.Option(help="Prove that this statement is in it.", min=1)
        ] = None,
        since: Annotated[
            Path | None, typer.Option(help="A head of it that you have: the log continues it?")
        ] = None,
        out: Annotated[Path | None, typer.Option(help="Write the proof here.")] = None,
        head: Annotated[Path | None, typer.Option(help="Write its signed head here.")] = None,
        as_json: Json = False,
    ) -> int:
        """Print what a station has issued, check all of it, prove that a statement is in it.

        Checked are each statement's signature and number, each head that the station signed, and
        that the log continues what this host saw of it before. Exit code 1 if anything is wrong.

        Example: steelyard keys log works.log --prove 12 --out SY-0012.proof
        """
        store = Store()
        if not file.exists() or _read(file).startswith("{"):
            return _show_proof(file, _read(file), station, store, as_json)
        found_log = station_log.load(file)
        if not found_log.size:
            raise UserError(USAGE, f"{file} has no statements")
        kid = found_log.entries[0].statement.signatures[0][0]
        key = _station_key(store, station, kid)
        found = _findings(found_log, key, store, since)
        if prove is not None and not found:
            text = json.dumps(found_log.prove(prove, key), indent=1) + "\n"
            return _shown_proof(text, out, as_json)
        note = found_log.note(key)
        if not found:
            root = found_log.tree().root(0, found_log.size)
            store.keep_log_head(station_log.origin(kid), found_log.size, root, note)
            if head is not None:
                saved.save(head, note)
        _show_log(found_log, found, note, as_json)
        return VERDICT if found else OK


def _shown_proof(text: str, out: Path | None, as_json: bool) -> int:
    if out is None:
        show(json.loads(text), True)
    else:
        saved.save(out, text)
        show({"proof": str(out)}, as_json)
    return OK


def _show_log(log: station_log.Log, found: list[str], note: str, as_json: bool) -> None:
    made = [entry.statement for entry in log.entries]
    torn = ["an unfinished line at its end, which nobody has got: it goes with the next statement"]
    data = {
        "size": log.size,
        "wrong": found,
        "unfinished": bool(log.torn),
        "head": note,
        "statements": [as_json_fields(one) for one in made],
    }
    table = Table("number", "statement", box=None)
    for one in made:
        table.add_row(str(one.number), Text(title(one)))
    verdict = [Text(f"wrong: {text}") for text in found] or [Text("all of it is right")]
    show(data, as_json, Group(table, *verdict, *map(Text, torn if log.torn else [])))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _register_statements(app)
    _register_log(app)
