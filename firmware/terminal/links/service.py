"""The service line: one typed command in, one reply out (protocol/README.md).

Owns: turning a line into an operation and its outcome, `Refused` included, into a reply.
Refuses: unknown commands, commands above the link's level, machine commands without a check sum.
Units: as in the protocol: quantities as decimal text with a unit, times in ms and s.
"""

import asyncio
from binascii import b2a_base64, unhexlify

from steelyard_wire import codes, commands, line
from steelyard_wire.codes import Refused
from steelyard_wire.quantity import parse_quantity, unit_id
from steelyard_wire.shim import const

from terminal import cold
from terminal.links import state

_WAIT_MS = const(10)
# Stopped by these, what it has can still be fetched: a full journal would never have room again,
# and the rest is evidence.
_READABLE = (
    codes.JOURNAL_FULL,
    codes.JOURNAL_FAULT,
    codes.RETIRED,
    codes.HISTORY,
    codes.SIGNER_FAULT,
)
# Commands of links.seals.
_SEALS = ("seals", "challenge", "grant", "leave", "unlock", "statement", "seal", "unseal")
# After these the board starts again: what they changed is taken up by a start.
_RESTARTS = ("RESET", "SEAL", "UNSEAL", "UNLOCK")
# Loaded on the way to a refusal.
_FOR_REFUSALS = (
    "steelyard_wire.sentences",
    "steelyard_wire.usage",
    "terminal.weighing.parameters",
)


def base64(data: bytes) -> str:
    """Bytes as a word of a reply."""
    return b2a_base64(data)[:-1].decode()


def from_text(decode, text: str, what: str) -> bytes:
    """Bytes of an argument; Refused(ARGUMENT)."""
    try:
        return decode(text)
    except ValueError:
        raise Refused(codes.ARGUMENT, what)


def number(text: str) -> int:
    """A whole number of an argument; Refused(ARGUMENT)."""
    if not text.isdigit() or len(text) > 10:
        raise Refused(codes.ARGUMENT, "a whole number is needed, not " + text[:16])
    return int(text)


class Service:
    """Commands against one Terminal; several links may share it.

    terminal: operations.Terminal. network: links.wifi.Network or None.
    reset: called to restart the board. halted: error code that stopped the terminal, or 0.
    """

    def __init__(self, terminal, network, reset, halted: int = 0) -> None:
        self.terminal = terminal
        self.network = network
        self._reset = reset
        self._halted = halted
        self._allowed = ("HELP", "ID", "STATUS", "FAULTS", "SESSION", "RESET", "SEALS")
        if halted in _READABLE:
            self._allowed += ("READ", "RECORDS", "RECORD", "RECEIPT", "CONFIG", "TIME")

    async def handle(self, text: bytes, link) -> None:
        """Answer one line on `link` (see links.console for what a link offers)."""
        tag = None
        done = False
        try:
            command = line.parse(text)
            tag = command.tag
            words = await self._finish(*self._dispatch(command, link), tag, link)
            done = command.name in _RESTARTS
            await link.send(line.reply(tag, "OK", *words))
        except Refused as refused:
            await self.refuse(tag, refused, link)
        except Exception as error:
            # Our bug: the command fails with a code, the scale goes on weighing.
            await self.refuse(tag, Refused(codes.INTERNAL, repr(error)), link)
        finally:
            if done:  # also when whoever asked has gone without the reply
                await asyncio.sleep_ms(50)
                self._reset()

    def tried(self, what: str) -> None:
        """Somebody has tried what a sealed terminal does not do: it is told."""
        terminal = self.terminal
        if terminal.sealed:
            terminal.alarm.note(what, terminal.clock.up_ms())

    async def refuse(self, tag, refused: Refused, link) -> None:
        """Send the reply to a refusal."""
        reply = line.error(tag, refused)
        for module in _FOR_REFUSALS:
            cold.forget(module)
        await link.send(reply)

    async def _finish(self, result, who, tag, link) -> list:
        if isinstance(result, list):
            return result
        try:
            while True:
                try:
                    self.terminal.who = who  # between two slices others work
                    step = next(result)
                except StopIteration as end:
                    return end.value
                finally:
                    self.terminal.who = None
                if isinstance(step, str):
                    await link.send(line.reply(tag, "PROGRESS", *step.split()))
                # Between two slices of a signature the other tasks run; None waits for samples.
                await asyncio.sleep_ms(_WAIT_MS if step is None else 0)
        finally:
            # When the link goes in the middle: what was begun is given up, not left open.
            result.close()

    def _dispatch(self, command, link):
        entry = commands.admit(command)
        if entry[1] > commands.OPEN:
            try:
                link.session.authorise(command, entry[1])
            except Refused:
                self.tried("ACCESS")
                raise
        if self._halted and command.name not in self._allowed:
            raise Refused(self._halted, "the terminal has stopped")
        # What everybody may do is done in nobody's name: the records of sales stay short.
        who = link.session.who() if entry[1] > commands.USER else None
        name = command.name.lower()
        if hasattr(self, "do_" + name):
            return getattr(self, "do_" + name)(link, command.args), who
        module = "terminal.links.seals" if name in _SEALS else "terminal.links.rare"
        return cold.call(module, name, self, link, command.args), who

    # --- what it is ------------------------------------------------------------------------------

    def do_id(self, _link, _args) -> list:
        return cold.call("terminal.links.facts", "identity", self.terminal, self._halted)

    def do_status(self, _link, _args) -> list:
        return cold.call("terminal.links.facts", "status", self.terminal, self._halted)

    def do_faults(self, _link, _args) -> list:
        return cold.call("terminal.links.facts", "faults", self.terminal)

    def do_session(self, link, _args) -> list:
        return ["nonce=" + state.as_hex(link.session.open())]

    # --- weights ---------------------------------------------------------------------------------

    def do_read(self, _link, args) -> list:
        return state.reading(self.terminal, *map(unit_id, args))

    def nonce(self, args, at: int) -> "bytes | None":
        """The nonce that a command may bring, 1 to 16 bytes."""
        if len(args) <= at:
            return None
        nonce = from_text(unhexlify, args[at], "the nonce is hex")
        if not 1 <= len(nonce) <= 16:
            raise Refused(codes.ARGUMENT, "a nonce has 1 to 16 bytes")
        return nonce

    def do_register(self, _link, args):
        nonce = self.nonce(args, 0)
        self.terminal.drain()
        n, envelope = yield from self.terminal.register_steps(nonce)
        return ["n=%d" % n, base64(envelope)]

    def do_zero(self, _link, _args) -> list:
        self.terminal.drain()
        self.terminal.zero()
        return []

    def do_tare(self, _link, args) -> list:
        terminal = self.terminal
        terminal.drain()
        if not args:
            terminal.tare()
        elif len(args) == 2:
            terminal.preset_tare(*parse_quantity(args[0]), unit_id(args[1]))
        elif args[0].upper() == "CLEAR":
            terminal.clear_tare()
        else:
            raise commands.wrong("TARE")
        return []

    # --- records ---------------------------------------------------------------------------------

    def do_records(self, _link, _args) -> list:
        journal = self.terminal.journal
        first = journal.first_n()
        return ["first=%d" % first, "next=%d" % journal.next_n, "receipted=%d" % journal.receipted]

    def do_record(self, _link, args) -> list:
        n = number(args[0])
        return ["n=%d" % n, base64(self.terminal.journal.get(n))]

    # --- settings --------------------------------------------------------------------------------

    def do_set(self, _link, args):
        if len(args) > 2:
            words = [word if at % 2 else word.lower() for at, word in enumerate(args)]
            n, _ = yield from self.terminal.change("scale", words)
        else:
            n, _ = yield from self.terminal.change("set_parameter", args[0].lower(), args[1])
        return ["n=%d" % n]

    def do_cal(self, _link, args):
        return cold.call("terminal.links.calibration", "answer", self.terminal, args)

    def do_reset(self, _link, _args) -> list:
        return []
