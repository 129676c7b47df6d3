"""A Microchip ATECC608 on I2C: it keeps a P-256 key, signs with it and counts how often.

Owns: the bus, one buffer, waking the chip and putting it to sleep.
Refuses: with OSError: ENODEV when nobody answers, EIO for an answer with a wrong check sum, EBUSY
when a command takes longer than it ever does, EPERM for a command that the chip refuses.
Units: ms; a work unit of a generator is None: a wait.

Facts of the ATECC608A data sheet (and Microchip's cryptoauthlib for what its summary leaves out):
address 0x60; SDA low for 60 us wakes it, 1.5 ms later it answers 04 11 33 43; a command is 03,
count, opcode, two parameters, data, CRC; while it works it does not acknowledge; 1.3 s after it
was woken it falls asleep by itself. The key is in slot 0, and its slot configuration binds its use
to Counter 0, which cannot be set back and ends at 2 097 151.
"""

from steelyard_wire.shim import const

_ADDRESS = const(0x60)
_WAKE_HZ = const(100000)  # the eight low bits of an empty address are 80 us
_HZ = const(400000)
_WAKE_MS = const(3)
_ASLEEP_MS = const(1700)  # by then it has gone to sleep by itself, whatever it did
_AGAIN = b"\x00"  # the next read begins at the first byte of the answer
_SLEEP = b"\x01"
_COMMAND = const(0x03)
_AWAKE = const(0x11)
_STATUS_SIZE = const(4)  # of an answer that is only a status

_ENODEV = const(19)
_EIO = const(5)
_EBUSY = const(16)
_EPERM = const(1)

COUNTER = const(0x24)
GENKEY = const(0x40)
NONCE = const(0x16)
SIGN = const(0x41)
_MOST_MS = const(2500)  # of any command (cryptoauthlib, ATCA_POLLING_MAX_TIME_MSEC)
_READS = const(3)
_THROUGH = const(3)  # NONCE: take the 32 bytes as they are
_EXTERNAL = const(0x80)  # SIGN: a message from outside
SLOT = const(0)

# CRC-16 with polynomial 8005h, bits of a byte from the lowest: a table for four of them.
_CRC = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


def crc(data, size: int) -> int:
    """Check sum of the first `size` bytes; its low byte goes first."""
    value = 0
    for at in range(size):
        value ^= data[at]
        value = value >> 4 ^ _CRC[value & 15]
        value = value >> 4 ^ _CRC[value & 15]
    turned = 0
    for _ in range(16):
        turned = turned << 1 | value & 1
        value >>= 1
    return turned


class Atecc608:
    """waking, bus: machine.SoftI2C on the same pins, of 100 and 400 kHz. time: the module."""

    def __init__(self, waking, bus, time) -> None:
        self._waking = waking
        self._bus = bus
        self._time = time
        self._answer = bytearray(67)

    def public_key_steps(self):
        """Generator of waits: the public key, x and y."""
        (key,) = yield from self.call_steps((GENKEY, 0, SLOT, b"", 64))
        return key

    def uses_steps(self):
        """Generator of waits: how often the key was used."""
        (count,) = yield from self.call_steps((COUNTER, 0, 0, b"", 4))
        return int.from_bytes(count, "little")

    def sign_steps(self, digest: bytes):
        """Generator of waits: (r and s over 32 bytes, how often the key was used with that)."""
        _, signature, count = yield from self.call_steps(
            (NONCE, _THROUGH, 0, digest, 1),
            (SIGN, _EXTERNAL, SLOT, b"", 64),
            (COUNTER, 0, 0, b"", 4),
        )
        return signature, int.from_bytes(count, "little")

    def call_steps(self, *commands):
        """Generator of waits: what the chip answers to each (opcode, p1, p2, data, size).

        size: of the answer, 1 for a status, which is 0 then.
        """
        yield from self._wake_steps()
        answers = []
        try:
            for command in commands:
                answers.append((yield from self._one_steps(*command)))
        finally:
            self._sleep()  # also when whoever asked has gone
        return answers

    def _wake_steps(self):
        begin = self._time.ticks_ms()
        while self._since(begin) < _ASLEEP_MS:
            woken = self._time.ticks_ms()
            try:
                self._waking.writeto(0, b"")
            except OSError:
                pass  # nobody has the address 0
            while self._since(woken) < _WAKE_MS:
                yield None
            try:
                if self._read(1)[0] == _AWAKE:
                    return
            except OSError:
                pass
            self._sleep()  # it was awake, or is at work, or is not there
        raise OSError(_ENODEV)

    def _since(self, begin: int) -> int:
        return self._time.ticks_diff(self._time.ticks_ms(), begin)

    def _sleep(self) -> None:
        try:
            self._bus.writeto(_ADDRESS, _SLEEP)
        except OSError:
            pass  # at work, or not there: it falls asleep by itself

    def _one_steps(self, opcode: int, one: int, two: int, data: bytes, size: int):
        count = 7 + len(data)
        packet = bytearray(1 + count)
        packet[0] = _COMMAND
        packet[1] = count
        packet[2] = opcode
        packet[3] = one
        packet[4] = two & 0xFF
        packet[5] = two >> 8
        packet[6 : count - 1] = data
        check = crc(memoryview(packet)[1:], count - 2)
        packet[count - 1] = check & 0xFF
        packet[count] = check >> 8
        # Of a byte that is not acknowledged SoftI2C only counts that it was not.
        if self._bus.writeto(_ADDRESS, packet) <= count:
            raise OSError(_EIO)
        begin = self._time.ticks_ms()
        broken = 0
        while True:
            yield None
            late = self._since(begin) > _MOST_MS
            try:
                if broken:
                    self._bus.writeto(_ADDRESS, _AGAIN)
                answer = self._read(size)
                break
            except OSError as error:
                if error.args[0] == _EIO:
                    # Its answer is still there: a signature is not to be had a second time.
                    broken += 1
                elif error.args[0] != _ENODEV:
                    raise
                elif late:
                    raise OSError(_EBUSY)
            if broken >= _READS:
                raise OSError(_EIO)
        if size == 1 and answer[0]:
            raise OSError(_EPERM)
        return answer

    def _read(self, size: int) -> bytes:
        """An answer; OSError(EPERM) if it is a status where there should be more."""
        answer = memoryview(self._answer)[: size + 3]
        self._bus.readfrom_into(_ADDRESS, answer)
        count = answer[0]
        if count not in (_STATUS_SIZE, size + 3):
            raise OSError(_EIO)
        check = crc(answer, count - 2)
        if answer[count - 2] != check & 0xFF or answer[count - 1] != check >> 8:
            raise OSError(_EIO)
        if count != size + 3:
            raise OSError(_EPERM)
        return bytes(answer[1 : count - 2])


def make(wiring: dict, machine, time) -> Atecc608:
    """The chip that a board file names."""
    pins = {name: machine.Pin(wiring[name]) for name in ("scl", "sda")}
    bus = machine.SoftI2C
    return Atecc608(bus(freq=_WAKE_HZ, **pins), bus(freq=_HZ, **pins), time)
