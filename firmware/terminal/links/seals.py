"""Commands about the seal: statements, levels, locking, unlocking; loaded for each of them.

Owns: turning their words into operations. Refuses: as `service`. Units: as in the protocol.
Each function takes the service, the link and the arguments, and gives words or work.
"""

from binascii import a2b_base64, unhexlify

from steelyard_wire import codes, commands, line
from steelyard_wire import statement as statements
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.links import state
from terminal.links.service import from_text, number


def seals(service, _link, _args) -> list:
    said = cold.call("terminal.sealing", "said", service.terminal)
    return [key + "=" + _word(value) for key, value in said]


def _word(value) -> str:
    if value is None or value == []:
        return "-"
    return line.quote(",".join(value) if isinstance(value, list) else str(value))


def _sealed_session(service, link):
    if not service.terminal.sealed:
        raise Refused(codes.SEALED, "it is not sealed: every level is open over the cable")
    if not getattr(link.session, "cable", False):
        # Whoever carries the bytes of a network could put his own commands under a proof.
        raise Refused(codes.LEVEL, "only over the cable")
    return link.session


def challenge(service, link, _args) -> list:
    dev = service.terminal.identity.dev
    return [
        "nonce=" + state.as_hex(_sealed_session(service, link).ask()),
        "dev=" + state.as_hex(dev),
    ]


def grant(service, link, args):
    session = _sealed_session(service, link)
    name = args[0].upper()
    if name not in commands.LEVELS[1:]:
        raise Refused(codes.ARGUMENT, "a level is one of " + " ".join(commands.LEVELS[1:]))
    level = commands.LEVELS.index(name)
    key_id = from_text(unhexlify, args[1], "the key id is hex")
    signature = from_text(a2b_base64, args[2], "the signature is base64")
    asked, session.challenge = session.challenge, b""  # whatever comes of it: once
    proof = (level, key_id, asked, signature)
    yield from cold.call("terminal.access", "grant_steps", service.terminal, *proof)
    session.grant(level, key_id)
    return ["level=" + name]


def leave(service, link, _args) -> list:
    _sealed_session(service, link).leave()
    return []


def unlock(service, link, args):
    terminal = service.terminal
    if len(args) == 1:
        token = from_text(a2b_base64, args[0], "the token is base64")
        n, _ = yield from cold.call("terminal.access", "unlock_steps", terminal, token)
        return ["n=%d" % n]
    _sealed_session(service, link)  # digits can be guessed: not from afar
    name = args[0].upper()
    if name not in statements.UNLOCKINGS:
        raise commands.wrong("UNLOCK")
    code = ((statements.UNLOCKINGS.index(name),), args[1], args[2] if args[2:] else None)
    n, _ = yield from cold.call("terminal.access", "unlock_by_digits_steps", terminal, *code)
    return ["n=%d" % n]


def statement(service, _link, args):
    terminal = service.terminal
    if args[0].upper() == "TAKE":
        kind = args[1].upper()
        if kind not in statements.KINDS:
            raise Refused(codes.ARGUMENT, "a kind is one of " + " ".join(statements.KINDS))
        envelope, terminal.paper = bytes(terminal.paper), b""
        taken = (terminal, statements.KINDS.index(kind), envelope)
        yield from cold.call("terminal.papers", "take_steps", *taken)
        return ["kind=" + kind]
    data = from_text(a2b_base64, args[1], "the data are base64")
    yield from ()
    at = number(args[0])
    if at > len(terminal.paper) or at + len(data) > statements.MAX_STATEMENT:
        raise Refused(codes.ARGUMENT, "%d bytes are there" % len(terminal.paper))
    terminal.paper = terminal.paper[:at] + data
    return ["bytes=%d" % len(terminal.paper)]


def seal(service, _link, _args):
    n, _ = yield from cold.call("terminal.sealing", "seal_steps", service.terminal)
    return ["n=%d" % n]


def unseal(service, _link, args):
    n, _ = yield from cold.call("terminal.sealing", "unseal_steps", service.terminal, args[0])
    return ["n=%d" % n]
