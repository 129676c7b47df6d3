"""The service line: one typed command in, one reply out (protocol/README.md).

Owns: turning a line into an operation and its outcome, `Refused` included, into a reply.
Refuses: unknown commands, commands above the link's level, machine commands without a check sum.
Units: as in the protocol: quantities as decimal text with a unit, times in ms and s.
"""

import asyncio
import gc
from binascii import a2b_base64, b2a_base64, hexlify, unhexlify

from steelyard_wire import codes, commands, line
from steelyard_wire.codes import Refused
from steelyard_wire.quantity import format_quantity, parse_quantity, unit_id, unit_name

from terminal.operations import VERSION


def _base64(data: bytes) -> str:
    return b2a_base64(data)[:-1].decode()


def _hex(data: bytes) -> str:
    return hexlify(data).decode()


def _from_text(decode, text: str, what: str) -> bytes:
    try:
        return decode(text)
    except ValueError:
        raise Refused(codes.ARGUMENT, what)


def _number(text: str) -> int:
    if not text.isdigit() or len(text) > 10:
        raise Refused(codes.ARGUMENT, "a whole number is needed, not " + text[:16])
    return int(text)


class Service:
    """Commands against one Terminal; several links may share it.

    terminal: operations.Terminal. network: links.wifi.Network or None.
    reset: called to restart the board. halted: error code that stopped the terminal, or 0.
    """

    def __init__(self, terminal, network, reset, halted: int = 0) -> None:
        self._terminal = terminal
        self._network = network
        self._reset = reset
        self._halted = halted
        self._allowed = ("HELP", "ID", "STATUS", "FAULTS", "SESSION", "RESET")
        if halted in (codes.JOURNAL_FULL, codes.JOURNAL_FAULT):
            # What it has can still be fetched: a full one would never have room again, and of a
            # damaged one the rest is evidence.
            self._allowed += ("READ", "RECORDS", "RECORD", "CONFIG", "TIME")

    async def handle(self, text: bytes, link) -> None:
        """Answer one line on `link` (see links.console for what a link offers)."""
        tag = None
        try:
            command = line.parse(text)
            tag = command.tag
            words = await self._finish(self._dispatch(command, link))
            await link.send(line.reply(tag, "OK", *words))
        except Refused as refused:
            await self.refuse(tag, refused, link)
            return
        except Exception as error:
            # Our bug: the command fails with a code, the scale goes on weighing.
            await self.refuse(tag, Refused(codes.INTERNAL, repr(error)), link)
            return
        if command.name == "RESET":
            await asyncio.sleep_ms(50)
            self._reset()

    async def refuse(self, tag, refused: Refused, link) -> None:
        """Send the reply to a refusal."""
        await link.send(line.error(tag, refused))

    async def _finish(self, result) -> list:
        if isinstance(result, list):
            return result
        try:
            while True:
                try:
                    next(result)
                except StopIteration as end:
                    return end.value
                # Between two slices of a signature the other tasks run.
                await asyncio.sleep_ms(0)
        finally:
            # When the link goes in the middle: what was begun is given up, not left open.
            result.close()

    def _dispatch(self, command, link):
        entry = commands.admit(command)
        if entry[1] > commands.OPEN:
            link.authorise(command, entry[1])
        if self._halted and command.name not in self._allowed:
            raise Refused(self._halted, "the terminal has stopped")
        return getattr(self, "do_" + command.name.lower())(link, command.args)

    # --- what it is ------------------------------------------------------------------------------

    def do_help(self, _link, args) -> list:
        if not args:
            return [entry[0] for entry in commands.COMMANDS]
        entry = commands.lookup(args[0].upper())
        return [line.quote(entry[5]), line.quote(entry[6])]

    def do_id(self, _link, _args) -> list:
        terminal = self._terminal
        identity = terminal.identity
        board = terminal.board
        state = "halted" if self._halted else "provisioned" if identity else "bare"
        return [
            "protocol=%d" % codes.PROTOCOL,
            "product=steelyard",
            "serial=" + (line.quote(identity.serial) if identity else "-"),
            "dev=" + (_hex(identity.dev) if identity else "-"),
            "key=" + (_hex(identity.public_key) if identity else "-"),
            "model=" + line.quote(board.MODEL),
            "board=" + board.NAME,
            "fw=" + VERSION,
            "swid=" + _hex(terminal.software_id),
            "state=" + state,
            "test=%d" % (identity.test if identity else terminal.test),
            "cal=%d" % (terminal.calibration.generation if terminal.calibration else 0),
            "converter=" + board.CONVERTER["chip"],
        ]

    def do_status(self, _link, _args) -> list:
        terminal = self._terminal
        clock = terminal.clock
        converter = terminal.converter
        utc = clock.utc()
        gc.collect()
        return [
            "boot=%d" % terminal.boot_counter,
            "up_ms=%d" % clock.up_ms(),
            "n=%d" % terminal.journal.next_n,
            "journal_free=%d" % terminal.journal.free(),
            "samples=%d" % converter.frames,
            "rate_mhz=%d" % converter.rate_mhz,
            "gaps=%d" % converter.gaps,
            "dropped=%d" % terminal.ring.dropped,
            "faults=%d" % (converter.bad_frames + converter.silences),
            "halted=%d" % self._halted,
            "heap_free=%d" % gc.mem_free(),
            "utc=%s" % ("-" if utc is None else utc),
            "ts=%d" % clock.status,
        ]

    def do_faults(self, _link, _args) -> list:
        converter = self._terminal.converter
        return [
            "NO_DATA=%d" % converter.silences,
            "BAD_FRAME=%d" % converter.bad_frames,
            "GAP=%d" % converter.gaps,
            "DROPPED=%d" % self._terminal.ring.dropped,
        ]

    def do_session(self, link, _args) -> list:
        return ["nonce=" + _hex(link.open_session())]

    # --- weights ---------------------------------------------------------------------------------

    def do_read(self, _link, _args) -> list:
        terminal = self._terminal
        terminal.drain()
        reading = terminal.weigher.reading
        config = terminal.config
        valid = reading.valid()
        status = reading.status
        flags = ",".join(codes.status_names(status))

        def number(mantissa: int, exp10: int) -> str:
            return format_quantity(mantissa, exp10) if valid else "-"

        return [
            "value=" + number(reading.indicated, config.exp10),
            "unit=" + unit_name(config.unit),
            "gross=" + number(reading.gross, config.exp10),
            "tare=" + number(reading.tare, config.exp10),
            "net=" + number(reading.net, config.exp10),
            "status=0x%04X" % status,
            "flags=" + (flags or "-"),
            "fault=" + codes.fault_name(reading.fault),
            "fine=" + number(reading.fine, config.exp10 - 2),
            "age_ms=%d" % terminal.reading_age_ms(),
            "n=%d" % terminal.journal.next_n,
        ]

    def do_register(self, _link, args):
        nonce = _from_text(unhexlify, args[0], "the nonce is hex") if args else None
        if nonce is not None and not 1 <= len(nonce) <= 16:
            raise Refused(codes.ARGUMENT, "a nonce has 1 to 16 bytes")
        self._terminal.drain()
        n, envelope = yield from self._terminal.register_steps(nonce)
        return ["n=%d" % n, _base64(envelope)]

    def do_zero(self, _link, _args) -> list:
        self._terminal.drain()
        self._terminal.zero()
        return []

    def do_tare(self, _link, args) -> list:
        if args and args[0].upper() != "CLEAR":
            raise Refused(codes.ARGUMENT, "TARE or TARE CLEAR")
        self._terminal.drain()
        if args:
            self._terminal.weigher.clear_tare()
        else:
            self._terminal.tare()
        return []

    # --- records ---------------------------------------------------------------------------------

    def do_records(self, _link, _args) -> list:
        return ["first=0", "next=%d" % self._terminal.journal.next_n]

    def do_record(self, _link, args) -> list:
        n = _number(args[0])
        return ["n=%d" % n, _base64(self._terminal.journal.get(n))]

    # --- settings --------------------------------------------------------------------------------

    def do_config(self, _link, args) -> list:
        config = self._terminal.config
        names = [args[0].lower()] if args else config.names()
        return ["%s=%s" % (name, line.quote(str(config.get(name)))) for name in names]

    def do_set(self, _link, args):
        n, _ = yield from self._terminal.set_parameter_steps(args[0].lower(), args[1])
        return ["n=%d" % n]

    def do_cal(self, _link, args):
        terminal = self._terminal
        step = args[0].upper()
        if step == "STATUS":
            return self._calibration_status()
        if step == "COMMIT":
            n, _ = yield from terminal.commit_calibration_steps()
            return ["n=%d" % n, "generation=%d" % terminal.calibration.generation]
        terminal.drain()
        if step == "BEGIN":
            terminal.begin_calibration()
        elif step == "ZERO":
            return ["counts=%d" % terminal.calibration_session().zero()]
        elif step == "SPAN" and len(args) >= 3:
            mantissa, exp10 = parse_quantity(args[1])
            reference = args[3] if len(args) > 3 else None
            session = terminal.calibration_session()
            return ["counts=%d" % session.span(mantissa, exp10, unit_id(args[2]), reference)]
        elif step == "ABORT":
            terminal.session = None
        else:
            raise Refused(codes.ARGUMENT, "usage: " + commands.lookup("CAL")[5])
        return []

    def _calibration_status(self) -> list:
        terminal = self._terminal
        calibration = terminal.calibration
        state = "open" if terminal.session else "calibrated" if calibration else "none"
        return [
            "generation=%d" % (calibration.generation if calibration else 0),
            "digest=" + _hex(terminal.calibration_digest()),
            "state=" + state,
            "zero=%s" % (calibration.zero_counts if calibration else "-"),
            "span=%s" % (calibration.span_counts if calibration else "-"),
        ]

    def do_time(self, _link, _args) -> list:
        clock = self._terminal.clock
        utc = clock.utc()
        status, error = clock.quality()
        return [
            "utc=%s" % ("-" if utc is None else utc),
            "ts=%d" % status,
            "error_s=%s" % ("-" if error is None else error),
            "up_ms=%d" % clock.up_ms(),
        ]

    def do_settime(self, _link, args):
        n, _ = yield from self._terminal.set_time_steps(_number(args[0]))
        return ["n=%d" % n]

    # --- network and life ------------------------------------------------------------------------

    def _network_or_refuse(self):
        if self._network is None:
            raise Refused(codes.NO_NETWORK, "")
        return self._network

    def do_network(self, _link, _args) -> list:
        return self._network_or_refuse().words()

    def do_wifi(self, _link, args) -> list:
        network = self._network_or_refuse()
        if args[0].upper() == "SET" and len(args) == 3:
            network.set_credentials(args[1], args[2])
        elif args[0].upper() == "CLEAR" and len(args) == 1:
            network.clear_credentials()
        else:
            raise Refused(codes.ARGUMENT, "usage: " + commands.lookup("WIFI")[5])
        return []

    def do_reset(self, _link, _args) -> list:
        return []

    def do_provision(self, _link, args):
        entropy = _from_text(a2b_base64, args[1], "the entropy is base64")
        link_key = _from_text(a2b_base64, args[2], "the link key is base64")
        n, envelope = yield from self._terminal.provision_steps(args[0], entropy, link_key)
        return ["n=%d" % n, _base64(envelope)]
