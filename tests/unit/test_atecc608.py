"""The driver of the ATECC608, and the signer over it, against the model of the chip.

Owns: published packets and check sums (cryptoauthlib), RFC 6979 A.2.5, what a bus can do.
Refuses: nothing.
"""

from binascii import hexlify, unhexlify

from chip_parts import Soldered
from simulation import atecc608_chip, p256
from steelyard_wire.codes import SIGNER_FAULT, Refused
from terminal.drivers import atecc608, atecc608_setup
from terminal.evidence.es256 import Signer

# RFC 6979, A.2.5: the private key, its public key, and for SHA-256 k, r, s of two messages.
_X = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
_PUBLIC = unhexlify(
    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
)
_CASES = (
    (
        b"sample",
        "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    (
        b"test",
        "D16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0",
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
    ),
)


def refused(function, *args):
    """The detail with which it is refused."""
    try:
        function(*args)
    except Refused as error:
        assert error.code == SIGNER_FAULT
        return error.detail
    raise AssertionError("not refused")


def failed(function, *args):
    """The number of the OSError that it raises."""
    try:
        function(*args)
    except OSError as error:
        return error.args[0]
    raise AssertionError("no error")


def made(salt=0):
    """A chip with a key, and the public half."""
    board = Soldered(salt=salt)
    board.finish(atecc608_setup.check_steps(board.driver))
    return board, board.finish(atecc608_setup.make_key_steps(board.driver))


def signer(board, key):
    """A signer that is ready."""
    ready = Signer(key, board.driver)
    board.finish(ready.prepare_steps())
    return ready


def test_check_sums_as_published():
    # The answer after waking, and the packet of the command Info.
    for packet in ("04113343", "07300000" + "00035D"):
        data = unhexlify(packet)
        value = atecc608.crc(data, len(data) - 2)
        assert bytes([value & 0xFF, value >> 8]) == data[-2:]
        assert atecc608_chip.crc(data[:-2]) == data[-2:]


def test_the_curve():
    assert p256.public_key(_X) == _PUBLIC
    # The order of the curve: (N - 1) G = -G.
    x, y = p256.multiply(p256.N - 1)
    assert (x, y) == (p256.G[0], p256.P - p256.G[1])
    assert p256.multiply(1) == p256.G


def test_signatures_of_rfc_6979_with_the_lower_s():
    board = Soldered()
    board.random.next.append(unhexlify("%064X" % _X))
    key = board.finish(atecc608_setup.make_key_steps(board.driver))
    assert key == _PUBLIC
    ready = signer(board, key)
    for message, k, r, s in _CASES:
        board.random.next.append(unhexlify(k))
        s = int(s, 16)
        s = min(s, p256.N - s)
        expected = unhexlify(r) + s.to_bytes(32, "big")
        assert board.finish(ready.sign_steps(message)) == expected, hexlify(expected)


def test_a_new_chip_is_set_up_and_locked():
    board, key = made()
    config = board.kept[:128]
    # Slot 0: secret, external signatures, limited use, GenKey; a private P-256 key.
    assert config[20:22] == b"\xa1\x20" and config[96:98] == b"\x33\x00"
    assert config[22:24] == b"\x87\x20" and config[98:100] == b"\x33\x00"  # as they came
    assert config[86:88] == b"\x00\x00" and config[88] & 1 == 0
    assert len(key) == 64 and board.chip.uses == 0
    # And nothing makes another key in it, or changes its configuration.
    for command in ((0x40, 4, 0, b"", 64), (0x12, 0, 5, b"\x83\x20\x87\x20", 1)):
        assert failed(board.finish, board.driver.call_steps(command)) == 1
    board.power_up()
    assert board.finish(atecc608_setup.make_key_steps(board.driver)) == key


def test_the_key_survives_and_every_use_is_counted():
    board, key = made()
    for use in range(1, 6):
        board.power_up()
        ready = signer(board, key)
        assert board.finish(ready.uses_steps()) == use - 1
        board.finish(ready.sign_steps(b"message %d" % use))
        assert board.finish(ready.uses_steps()) == use == board.chip.uses
    assert ready.public_key == key and ready.suite == 2


def test_setting_up_that_was_interrupted_goes_on():
    whole, _ = made(7)
    for saves in range(whole.saves):
        board = Soldered(salt=7)
        steps = atecc608_setup.make_key_steps(board.driver)
        while board.saves <= saves:
            if next(steps) is None:
                board.clock.charge(10000)
        steps.close()
        board.power_up()
        key = board.finish(atecc608_setup.make_key_steps(board.driver))
        board.power_up()
        assert board.finish(board.driver.public_key_steps()) == key
        assert board.kept[86:88] == b"\x00\x00" and not board.kept[88] & 1


def test_a_chip_that_signed_before_is_refused():
    board, key = made()
    ready = signer(board, key)
    for _ in range(3):
        board.finish(ready.sign_steps(b""))
    assert board.finish(atecc608_setup.make_key_steps(board.driver)) == key
    board.finish(ready.sign_steps(b""))
    steps = atecc608_setup.make_key_steps(board.driver)
    assert "signed before" in refused(board.finish, steps)


def test_a_chip_set_up_for_something_else_is_refused():
    # As Microchip sells them for TLS: slot 0 without a limit.
    memory = bytearray(atecc608_chip.factory())
    memory[20:22] = b"\x85\x00"
    memory[86:88] = b"\x00\x00"
    for steps in (atecc608_setup.check_steps, atecc608_setup.make_key_steps):
        board = Soldered(bytes(memory))
        assert "something else" in refused(board.finish, steps(board.driver))


def test_a_chip_that_fails_its_test_or_is_not_there():
    board = Soldered()
    board.chip.broken = True
    assert "fails its test" in refused(board.finish, atecc608_setup.check_steps(board.driver))
    board.lines.nack = True
    assert "19" in refused(board.finish, atecc608_setup.check_steps(board.driver))


def test_another_chip_and_one_that_somebody_else_uses():
    board, key = made(1)
    other, _ = made(2)
    assert "another key" in refused(signer, other, key)
    ready = signer(board, key)
    board.finish(ready.sign_steps(b""))
    thief = signer(board, key)
    board.finish(thief.sign_steps(b"stolen"))
    assert "somebody else" in refused(board.finish, ready.sign_steps(b""))
    # It knows the count again.
    assert board.finish(ready.uses_steps()) == 3
    board.finish(ready.sign_steps(b""))


def test_the_last_use():
    board, key = made()
    board.chip.uses = 2097150
    ready = signer(board, key)
    board.finish(ready.sign_steps(b""))
    assert board.chip.uses == 2097151
    for steps in (ready.uses_steps, lambda: ready.sign_steps(b"")):
        assert "used up" in refused(board.finish, steps())


def test_a_bit_that_flips_on_the_line_is_noticed():
    board, key = made()
    ready = signer(board, key)
    signature, flips = 0, 0
    for bit in range(1, 8 * 67, 13):
        steps = ready.sign_steps(b"message")
        # Into the answer of Sign, the one of 67 bytes.
        original = board.lines._receive

        def receive(chip, buffer, bit=bit, original=original):
            if len(buffer) == 67:
                board.lines.flip = bit
            original(chip, buffer)

        board.lines._receive = receive
        refused(board.finish, steps)
        board.lines._receive = original
        flips += 1
        signature = board.finish(ready.sign_steps(b"message"))
    assert flips == 42 and len(signature) == 64
    assert board.chip.uses == 84  # what went wrong was a use as well


def test_one_bit_that_flips_costs_no_use():
    # The chip keeps its answer: it is read again.
    board, key = made()
    ready = signer(board, key)
    for bit in (1, 100, 8 * 66):
        steps = ready.sign_steps(b"message")
        board.lines.flip = 0
        while board.chip.commands[-1] != atecc608_chip.SIGN:
            if next(steps) is None:
                board.clock.charge(10000)
        board.lines.flip = bit
        board.finish(steps)
        assert board.lines.flip == 0
    assert board.chip.uses == 3


def test_a_command_that_is_not_heard_to_its_end():
    board, key = made()
    ready = signer(board, key)
    for after in (0, 1, 7, 38):
        board.lines.nack_after = after
        steps = ready.sign_steps(b"message")
        assert refused(board.finish, steps)
        board.lines.nack_after = -1
        board.clock.charge(2000000)
        board.finish(ready.sign_steps(b"message"))


def test_a_chip_that_fails_again_and_again_is_left_alone():
    board, key = made()
    ready = signer(board, key)
    board.finish(ready.sign_steps(b""))
    for _ in range(4):
        board.chip.jump = 1
        assert "somebody else" in refused(board.finish, ready.sign_steps(b""))
    before = board.chip.uses
    assert "again and again" in refused(board.finish, ready.sign_steps(b""))
    assert board.chip.uses == before


def test_a_chip_that_counts_its_public_key_as_a_use_too():
    # What no public sheet says (A1 of the model): it works then as well.
    atecc608_chip.ATECC608Chip.counts_public = True
    try:
        board, key = made()
        board.power_up()
        assert board.finish(atecc608_setup.make_key_steps(board.driver)) == key
        for _ in range(3):
            board.power_up()
            ready = signer(board, key)
            before = board.finish(ready.uses_steps())
            board.finish(ready.sign_steps(b"message"))
            assert board.finish(ready.uses_steps()) == before + 1
        assert board.chip.uses == 2 + 2 * 3
    finally:
        atecc608_chip.ATECC608Chip.counts_public = False


def test_who_goes_away_in_the_middle_leaves_a_chip_that_works():
    board, key = made()
    ready = signer(board, key)
    total = 0
    for waits in range(1, 20):
        steps = ready.sign_steps(b"given up")
        try:
            for _ in range(waits):
                if next(steps) is None:
                    board.clock.charge(10000)
        except StopIteration:
            break
        steps.close()
        total = board.finish(ready.uses_steps())
        board.finish(ready.sign_steps(b"next"))
        assert board.finish(ready.uses_steps()) == total + 1
    assert waits > 10


def test_a_chip_that_never_ends():
    board, key = made()
    ready = signer(board, key)
    steps = ready.sign_steps(b"")
    for _ in range(3):
        next(steps)
        board.clock.charge(10000)
    board.chip._ready_us = 1 << 60
    assert "16" in refused(board.finish, steps)


def test_a_slice_is_short():
    # What it does between two waits: on the wire at most 3 ms of an answer or a command.
    board, key = made()
    ready = signer(board, key)
    longest = 0
    steps = ready.sign_steps(b"message")
    while True:
        begin = board.clock.now_us
        try:
            next(steps)
        except StopIteration:
            break
        longest = max(longest, board.clock.now_us - begin)
        board.clock.charge(10000)
    assert 1000 < longest < 5000, longest


def test_a_seed_is_no_key_of_a_chip():
    board, _ = made()
    refused(signer, board, b"TEST" * 8)
    assert refused(board.finish, Signer(b"TEST" * 16, board.driver).sign_steps(b""))
