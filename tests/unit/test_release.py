"""What a terminal takes for a release: its signatures, and whom it is for."""

import packed
import signing
import terminal_parts as parts
from check import refused
from steelyard_wire import codes, release, several, statement
from storage import Scratch
from terminal import update
from terminal.evidence import settings
from terminal.evidence.steps import finish

SEEDS = [bytes([k]) * 32 for k in (1, 2, 3, 4)]
HERE = {
    "board": "test",
    "hardware": b"hardware",
    "mpy": 0x1306,  # armv6m, version 6.3
    "micropython": (1, 28, 0, ""),
    "sequence": 6,
    "minimum": 3,
    "calibrated": True,
}
FIELDS = {
    "version": "0.2.0",
    "sequence": 7,
    "minimum": 4,
    "product": "steelyard",
    "board": "test",
    "hardware": b"hardware",
    "mpy": [6, 0, 0],
    "oldest": [1, 27],
    "newest": [1, 29],
    "made": 1700000000,
    "size": 1000,
    "contents": bytes(32),
    "calibration": 1,
}
_keys = []


def _signers():
    """Three keys of releases and a stranger's."""
    for seed in SEEDS[len(_keys) :]:
        signer = signing.signer(seed)
        finish(signer.prepare_steps())
        _keys.append(signer)
    return _keys


def _with(**words):
    fields = dict(FIELDS)
    fields.update(words)
    return fields


def _envelope(fields, which, aad=None):
    payload = statement.encode(statement.RELEASE, fields)
    message = several.to_be_signed(payload, aad or statement.aad(statement.RELEASE))
    rows = []
    for number in which:
        signer = _signers()[number]
        rows.append((statement.key_id(signer.public_key), finish(signer.sign_steps(message))))
    return several.build(payload, rows)


def test_a_manifest_is_read_as_it_was_written():
    payload = statement.encode(statement.RELEASE, FIELDS)
    assert statement.decode(statement.RELEASE, payload) == FIELDS
    for name in FIELDS:
        refused(codes.ARGUMENT, statement.encode, statement.RELEASE, _with(**{name: None}))


def test_S10_a_release_for_this_terminal_passes():
    release.check(FIELDS, HERE)
    release.check(_with(mpy=[6, 3, 4]), HERE)  # machine code for armv6m
    here = dict(HERE)
    here["calibrated"] = False
    release.check(_with(calibration=0), here)


def test_S10_a_release_for_another_terminal_is_unfit():
    for words in (
        {"product": "scales"},
        {"board": "other"},
        {"hardware": b"hardwarE"},
        {"mpy": [5, 0, 0]},
        {"mpy": [6, 2, 4]},
        {"mpy": [6, 3, 7]},
        {"oldest": [1, 29]},
        {"newest": [1, 27]},
        {"calibration": 0},
    ):
        refused(codes.UNFIT, release.check, _with(**words), HERE)


def test_S10_an_older_release_is_refused():
    for sequence in (1, 5, 6):
        refused(codes.DOWNGRADE, release.check, _with(sequence=sequence), HERE)
    here = dict(HERE)
    here["minimum"] = 8
    refused(codes.DOWNGRADE, release.check, FIELDS, here)
    here["minimum"] = 7
    release.check(FIELDS, here)


def test_hardware_is_what_the_board_file_says_of_it():
    board = {"CONVERTER": {"chip": "hx711"}, "SIGNER": {"arithmetic": "viper"}, "SCALE": {1: 1}}
    first = release.hardware(board)
    for name, value in (
        ("CONVERTER", {"chip": "ads1232"}),
        ("SCALE", {1: 2}),
        ("TEST", True),
        ("SIGNER", {"chip": "atecc608"}),
    ):
        other = dict(board)
        other[name] = value
        assert release.hardware(other) != first
    same = dict(board)
    same["SIGNER"] = {"arithmetic": "bigint"}
    same["NAME"] = "x"
    assert release.hardware(same) == first


def test_S10_as_many_as_the_root_asks_for_must_have_signed():
    keys = [signer.public_key for signer in _signers()]
    trust = {1: 1, 2: 2, 3: keys[:3], 4: 2, 5: keys[:3], 6: "TEST"}
    with Scratch() as folder:
        terminal = parts.provisioned(folder)
        here = dict(HERE)
        here["mpy"] = 6
        plain, update._here = update._here, lambda _: here
        try:
            good = _envelope(FIELDS, (0, 1))
            refused(codes.NO_ROOT, _verified, terminal, good)
            settings.save(terminal.files, "trust", trust)
            assert _verified(terminal, good) == FIELDS
            # One alone, one and a stranger, another kind of statement, no statement at all.
            refused(codes.NOT_SIGNED, _verified, terminal, _envelope(FIELDS, (2,)))
            refused(codes.NOT_SIGNED, _verified, terminal, _envelope(FIELDS, (2, 3)))
            root = _envelope(FIELDS, (0, 1), statement.aad(statement.ROOT))
            refused(codes.NOT_SIGNED, _verified, terminal, root)
            for at in (4, 40, len(good) - 3):
                torn = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
                refused(codes.NOT_SIGNED, _verified, terminal, torn)
            refused(codes.NOT_SIGNED, _verified, terminal, b"")
            refused(codes.DOWNGRADE, _verified, terminal, _envelope(_with(sequence=6), (1, 2)))
        finally:
            update._here = plain


def _verified(terminal, envelope):
    return finish(update.verified_steps(terminal, envelope))


def test_S10_no_release_without_a_key_or_where_no_record_has_room():
    packed.slot = "a"  # as boot.py has mounted it
    with Scratch() as folder:
        bare = parts.started(folder)
        refused(codes.NOT_PROVISIONED, update.check_may, bare)
        finish(bare.provision_steps("SN-1", parts.ENTROPY, parts.LINK_KEY))
        refused(codes.NO_ROOT, update.check_may, bare)
        settings.save(bare.files, "trust", {1: 1})
        empty = parts.fill(bare)
        refused(codes.JOURNAL_FULL, update.check_may, bare)
        empty()
        update.check_may(bare)
        packed.slot = ""  # of an image in which all is frozen
        refused(codes.UNFIT, update.check_may, bare)
