"""An ATECC608 at the level of bytes on I2C, as far as a signer with one key needs it.

Owns: what survives the loss of power (configuration, private key, counter), waking and falling
asleep, packets, the commands Read, Write, Lock, Nonce, GenKey, Sign, Counter, SelfTest.
Refuses: as the chip does: no acknowledge while it sleeps or works, status 03 (parse), 0F
(execution), FF (check sum).
Units: microseconds of the lines' clock.

From Microchip's ATECC608A data sheet (summary), its pages on the ATECC508A it follows, and the
constants of cryptoauthlib: address 60h; SDA low for 60 us wakes it, after 1.5 ms it answers
11h; execution times at clock divider 0; asleep 1.3 s after it was woken; CRC-16 8005h; layout and
factory values of the configuration; a slot with LimitedUse counts Counter 0 up before each use of
its key, to 2 097 151 and no further; a counter is never set back; where the supply fails it may
make more than one step (`jump`: how many more in the next use).

Assumptions, where these are silent:
A1 only Sign is a use of the key; with counts_public GenKey is one too;
A2 what a command does to the memory is done when it begins, its answer comes at its end;
A3 Sign needs both zones locked and takes its digest from TempKey once;
A4 an answer is kept until the next command, or sleep.
Lock with a check sum (bit 7 of its mode 0) and the other commands are not in the model: status 03.
"""

from simulation import p256

ADDRESS = 0x60
WAKE_LOW_US, WAKE_US, WATCHDOG_US = 60, 1500, 1300000
READ, WRITE, NONCE, LOCK, COUNTER, GENKEY, SIGN, SELF_TEST = (
    0x02, 0x12, 0x16, 0x17, 0x24, 0x40, 0x41, 0x77,
)  # fmt: skip
# ms at clock divider 0 (cryptoauthlib, calib_execution.c)
_TAKES = {
    READ: 5, WRITE: 45, NONCE: 20, LOCK: 35, COUNTER: 25, GENKEY: 115, SIGN: 115, SELF_TEST: 250,
}  # fmt: skip
PARSE, EXECUTION, COMMUNICATION, AWAKE = 0x03, 0x0F, 0xFF, 0x11
MOST_USES = 2097151
UNLOCKED = 0x55
LIMITED_USE, EXTERNAL_SIGN, GENKEY_WRITES = 0x20, 0x01, 0x20
PRIVATE, PUB_INFO, LOCKABLE = 0x01, 0x02, 0x20
MEMORY = 128 + 32 + 4


def crc(data):
    """CRC-16, polynomial 8005h, a byte's lowest bit first; as two bytes, low first."""
    value = 0
    for byte in data:
        for at in range(8):
            top = value >> 15 ^ byte >> at & 1
            value = (value << 1 & 0xFFFF) ^ (0x8005 if top else 0)
    return bytes([value & 0xFF, value >> 8])


def factory(serial=b"\x01\x02\x03\x04\x05\x06"):
    """The memory of a new chip."""
    config = bytearray(128)
    config[:16] = b"\x01\x23" + serial[:2] + b"\x00\x00\x60\x02" + serial[2:] + b"\xee\x00\x01\x00"
    config[16] = 2 * ADDRESS
    config[20:26] = b"\x83\x20\x87\x20\x8f\x20"
    for slot in range(3, 16):
        config[20 + 2 * slot : 22 + 2 * slot] = b"\x8f\x8f"
    config[52:68] = b"\xff\xff\xff\xff\x00\x00\x00\x00" * 2
    config[86:90] = b"\x55\x55\xff\xff"
    for slot in range(16):
        config[96 + 2 * slot : 98 + 2 * slot] = b"\x33\x00" if slot < 3 else b"\x1c\x00"
    return bytes(config) + bytes(36)


class ATECC608Chip:
    """The chip on `lines` (bus.I2CLines). memory: of MEMORY bytes; saved(memory) when it changed.

    random(n) gives n bytes, for keys and signatures.
    """

    counts_public = False
    broken = False  # fails its own test
    jump = 0

    def __init__(self, lines, memory, saved, random):
        self._lines = lines
        self._config = bytearray(memory[:128])
        self._private = int.from_bytes(memory[128:160], "big")
        self.uses = int.from_bytes(memory[160:164], "big")
        self._saved = saved
        self._random = random
        self.commands = []  # opcodes, as they came
        self._woken_us = -1
        self._ready_us = 0
        self._temp = None
        self._answer = b""
        self._at = 0
        self._in = None

    def memory(self):
        """What survives."""
        tail = self._private.to_bytes(32, "big") + self.uses.to_bytes(4, "big")
        return bytes(self._config) + tail

    # --- the wire ------------------------------------------------------------------------------

    def start(self, address):
        """An address on the bus; whether it is acknowledged."""
        now = self._lines.clock.now_us
        if self._woken_us >= 0 and now - self._woken_us > WATCHDOG_US:
            self._fall_asleep()
        if address == 0:
            low_us = 8000000 // self._lines.freq
            if self._woken_us < 0 and low_us >= WAKE_LOW_US:
                self._woken_us = now
                self._ready_us = now + WAKE_US
                self._put(bytes([AWAKE]))
            return False
        if address != ADDRESS or self._woken_us < 0 or now < self._ready_us:
            return False
        self._in = None
        return True

    def write_byte(self, byte, now_us):
        """A byte of a write; True: acknowledged."""
        if self._in is None:
            self._in = bytearray()
            if byte == 0:  # the next read begins at the first byte again
                self._at = 0
            if byte in (1, 2):  # sleep, idle; idle would keep TempKey, and is not used
                self._fall_asleep()
            self._in.append(byte)
            return True
        self._in.append(byte)
        if self._in[0] == 3 and len(self._in) > 1 and len(self._in) == 1 + self._in[1]:
            self._take(bytes(self._in[1:]), now_us)
        return True

    def read_byte(self):
        """The next byte of the answer."""
        self._at += 1
        return self._answer[self._at - 1] if self._at <= len(self._answer) else 0xFF

    def _fall_asleep(self):
        self._woken_us = -1
        self._temp = None
        self._answer = b""

    def _put(self, data):
        body = bytes([len(data) + 3]) + data
        self._answer = body + crc(body)
        self._at = 0

    def _take(self, packet, now_us):
        if len(packet) < 7 or crc(packet[:-2]) != packet[-2:]:
            self._put(bytes([COMMUNICATION]))
            return
        opcode, one = packet[1], packet[2]
        two = packet[3] | packet[4] << 8
        self.commands.append(opcode)
        before = self.memory()
        self._put(self._carry_out(opcode, one, two, packet[5:-2]))
        if self.memory() != before:
            self._saved(self.memory())
        self._ready_us = now_us + 1000 * _TAKES.get(opcode, 1)

    # --- commands ------------------------------------------------------------------------------

    def _locked(self, at):
        return self._config[at] != UNLOCKED

    def _carry_out(self, opcode, one, two, data):
        if opcode == READ and one == 0x80 and not two & 7 and two >> 3 < 4:
            return bytes(self._config[4 * two : 4 * two + 32])
        if opcode == WRITE and one == 0 and two < 32 and len(data) == 4:
            return self._write(two, data)
        if opcode == NONCE and one == 3 and len(data) == 32:
            self._temp = data
            return b"\x00"
        if opcode == LOCK and one & 0x80 and one & 0x3F < 2:
            return self._lock(one & 1)
        if opcode == LOCK and one & 3 == 2:
            return self._lock_slot(one >> 2 & 15)
        if opcode == COUNTER and one < 2 and two == 0:
            if one and not self._count():
                return bytes([EXECUTION])
            return self.uses.to_bytes(4, "little")
        if opcode == GENKEY and one in (0, 4) and two == 0:
            return self._new_key() if one else self._public()
        if opcode == SIGN and one == 0x80 and two == 0:
            return self._sign()
        if opcode == SELF_TEST:
            return bytes([one if self.broken else 0])
        return bytes([PARSE])

    def _write(self, word, data):
        if self._locked(87) or word < 4 or word in (21, 22):
            return bytes([EXECUTION])
        self._config[4 * word : 4 * word + 4] = data
        return b"\x00"

    def _lock(self, data_zone):
        # The data zone after the configuration, each once.
        if self._locked(86 if data_zone else 87) or (data_zone and not self._locked(87)):
            return bytes([EXECUTION])
        self._config[86 if data_zone else 87] = 0
        return b"\x00"

    def _lock_slot(self, slot):
        at, bit = 88 + slot // 8, 1 << slot % 8
        free = self._config[at] & bit and self._config[96 + 2 * slot] & LOCKABLE
        if not free or not self._locked(87):
            return bytes([EXECUTION])
        self._config[at] &= ~bit
        return b"\x00"

    def _count(self):
        if self.uses >= MOST_USES:
            return False
        self.uses = min(self.uses + 1 + self.jump, MOST_USES)
        self.jump = 0
        return True

    def _number(self):
        while True:
            number = int.from_bytes(self._random(32), "big")
            if 0 < number < p256.N:
                return number

    def _new_key(self):
        may = self._config[21] & GENKEY_WRITES and self._config[96] & PRIVATE
        if not may or not self._locked(87) or not self._config[88] & 1:
            return bytes([EXECUTION])
        self._private = self._number()
        if self.counts_public:
            self._count()
        return p256.public_key(self._private)

    def _public(self):
        if not self._private or not self._config[96] & PUB_INFO:
            return bytes([EXECUTION])
        if self.counts_public and not self._count():
            return bytes([EXECUTION])
        return p256.public_key(self._private)

    def _sign(self):
        temp, self._temp = self._temp, None
        ready = self._locked(86) and self._locked(87) and self._private and temp
        if not ready or not self._config[20] & EXTERNAL_SIGN:
            return bytes([EXECUTION])
        if self._config[20] & LIMITED_USE and not self._count():
            return bytes([EXECUTION])
        return p256.sign(self._private, temp, self._number())
