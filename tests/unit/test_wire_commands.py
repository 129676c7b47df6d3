"""The command table, and every line that is refused on its way to it."""

import check
from steelyard_wire import codes, commands, line
from steelyard_wire.usage import USAGE


def _admit(raw):
    return commands.admit(line.parse(raw))


def test_golden_lines_are_admitted_with_their_row():
    for case in check.vectors("line")["commands"]:
        command = line.parse(case["line"].encode())
        row = commands.lookup(command.name)
        if row[2] and command.tag is not None and not command.has_crc:
            check.refused(codes.CRC_REQUIRED, commands.admit, command)
        else:
            assert commands.admit(command) is row


def test_refused_lines():
    for case in check.vectors("line")["refused"]:
        error = check.raises(codes.Refused, _admit, case["line"])
        assert error.code == case["code"], (case, error.detail)


def test_a_person_needs_no_check_sum():
    assert _admit(b"zero")[0] == "ZERO"


def test_every_row_is_whole():
    names = [row[0] for row in commands.COMMANDS]
    assert len(set(names)) == len(names)
    assert sorted(USAGE) == sorted(names)
    for name, level, changes, fewest, most in commands.COMMANDS:
        usage, text = USAGE[name]
        assert commands.lookup(name)[0] == name
        assert commands.LEVELS[level] in ("OPEN", "USER", "OPERATOR", "SERVICE", "FACTORY")
        assert 0 <= fewest <= most <= 22
        assert usage.split(" ")[0] == name and text
        # An open command needs no key, so it may change nothing; these bring their own proof.
        proven = ("RECEIPT", "GRANT", "LEAVE", "UNLOCK")
        assert changes == (level > commands.OPEN) or name in proven


def test_what_a_level_covers():
    # OPEN, USER, OPERATOR, SERVICE, FACTORY, INSPECTOR: what each of them may do.
    table = ("100000", "110000", "111000", "111100", "111110", "111001")
    for granted, row in enumerate(table):
        for needed, may in enumerate(row):
            assert commands.covers(granted, needed) == (may == "1"), (granted, needed)


def test_every_argument_count_outside_the_row_is_refused():
    for name, _, _, fewest, most in commands.COMMANDS:
        for count in range(24):
            raw = " ".join([name] + ["x"] * count).encode()
            if fewest <= count <= most:
                assert _admit(raw)[0] == name
            else:
                check.refused(codes.ARGUMENT, _admit, raw)


def test_unknown_names():
    for name in ("", "help", "ZEROS", "CAL "):
        check.refused(codes.UNKNOWN_COMMAND, commands.lookup, name)
