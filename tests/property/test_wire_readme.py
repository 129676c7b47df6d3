"""protocol/README.md against the code: it has the code's tables and the vectors' bytes.

Owns: the comparison of every table, limit and example of the specification.
Refuses: a README that says anything else than the code.
Units: none.
"""

import re
from pathlib import Path

import check
from steelyard_wire import (
    auth,
    codes,
    commands,
    cose,
    identify,
    line,
    quantity,
    record,
    release,
    sentences,
    statement,
    usage,
)

README = (Path(__file__).resolve().parents[2] / "protocol" / "README.md").read_text("utf-8")


def _section(number: int) -> str:
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, number
    return found[0]


def _tables(number: int) -> list[list[list[str]]]:
    """The tables of a section: rows of cells, without heads, code marks and escapes."""
    tables: list[list[list[str]]] = []
    for text in re.findall(r"(?:^\|.*\n)+", _section(number), re.MULTILINE):
        rows = [
            [cell.strip().replace("\\|", "|").replace("`", "") for cell in cells]
            for cells in (re.split(r"(?<!\\)\|", row)[1:-1] for row in text.splitlines())
        ]
        tables.append(rows[2:])
    return tables


def test_commands():
    expected = [
        [name, commands.LEVELS[level], "yes" if changes else "no", f"{low}–{high}"]
        + list(usage.USAGE[name])
        for name, level, changes, low, high in commands.COMMANDS
    ]
    assert [row[:6] for row in _tables(5)[0]] == expected


def test_levels():
    assert [row[0] for row in _tables(4)[0]] == list(commands.LEVELS)


def test_errors():
    assert _tables(6)[0] == [[str(code), name, text] for code, name, text in sentences.ERRORS]


def test_faults_status_bits_and_units():
    faults, bits = _tables(7)
    assert [row[:2] for row in faults] == [[str(i), name] for i, name in enumerate(codes.FAULTS)]
    assert [row[:2] for row in bits] == [
        [f"0x{1 << bit:04X}", name] for bit, name in enumerate(codes.STATUSES)
    ]
    units = " · ".join(f"{unit} `{name}`" for unit, name in enumerate(quantity.UNITS))
    assert f"Units: {units}\n" in README


def test_record_keys_and_rules():
    table = _tables(8)[0]
    assert [int(row[0]) for row in table] == list(range(1, 23))
    for number, name, rule, _ in table:
        assert getattr(record, name) == int(number)
        assert record._RULES.get(int(number), "–") == rule


def test_record_types():
    table = _tables(8)[1]
    assert [row[:2] for row in table] == [[str(i), name] for i, name in enumerate(record.TYPES)]
    for number, _, needs, data, _ in table:
        keys = [] if needs == "–" else [getattr(record, name) for name in needs.split()]
        assert list(record._REQUIRED.get(int(number), ())) == keys
        rules = record._DATA.get(int(number), ())
        items = [] if data == "–" else data.split("; ")
        assert len(items) == len(rules)
        for key, (item, rule) in enumerate(zip(items, rules, strict=True), 1):
            assert item.startswith(f"{key} {rule} "), item


def test_releases():
    text = _section(16)
    for name in (*release.HARDWARE, *identify.FIXED):
        assert f"`{name}`" in text
    for name in ("NO_ROOT", "NOT_SIGNED", "DOWNGRADE", "UNFIT", "DAMAGED", "NO_SPACE"):
        assert f"({name})" in text


def test_statements():
    kinds, *tables = _tables(15)
    assert [row[:2] for row in kinds] == [[str(i), name] for i, name in enumerate(statement.KINDS)]
    several = [row[2] == "several holders" for row in kinds]
    assert several == [kind in statement.BY_SEVERAL for kind in range(len(kinds))]
    assert re.findall(r"^\*\*([A-Z]+)\*\*$", _section(15), re.MULTILINE) == list(statement.KINDS)
    for kind, table in enumerate(tables):
        expected = [[str(i), *row] for i, row in enumerate(statement.FIELDS[kind], 1)]
        assert [row[:3] for row in table] == expected
    rows = {row[1]: row[3] for table in tables for row in table}
    assert ", ".join(commands.LEVELS[1:]) in rows["access"]
    for number, name in enumerate(statement.UNLOCKINGS):
        assert f"{number} {name}" in rows["kind"]
    assert rows["roles"] == "1 makes, 2 verifies, 3 both"
    assert (statement.MAKES, statement.VERIFIES) == (1, 2)
    for number, name in enumerate(("terminal", "station", "key for access")):
        assert f"{number} {name}" in rows["entries"]
        assert statement.REVOKED[number].lower() in ("terminal", "station", "access key")
    limits = f"at most {statement.MAX_STATEMENT} bytes, that of a revocation list at most"
    assert f"{limits} {statement.MAX_REVOCATION}." in _section(15)


def test_domain_strings():
    strings = [cose.AAD, cose.BLOCK_AAD, statement._AAD, statement._GRANT_DOMAIN]
    strings += [auth.LINK_DOMAIN, statement._UNLOCK_DOMAIN, auth.DOMAIN, auth.RECEIPT_DOMAIN]
    strings += [identify.DOMAIN]
    assert [row[0] for row in _tables(11)[0]] == [string.decode() for string in strings]


def test_measured_files():
    text = _section(10)
    for path in identify.FILES + identify.FOLDERS:
        assert f"`{path}`" in text


def test_limits():
    assert f"a command has at most {line.MAX_COMMAND} bytes" in README
    assert f"a reply at most {line.MAX_REPLY}" in README
    assert f"at most {record.MAX_PAYLOAD} bytes" in _section(8)
    assert f"protocol, version {codes.PROTOCOL}\n" in README


def _block(kind: str, label: str) -> str:
    found = re.search(rf"^```{kind} {label}\n(.*?)^```$", _section(12), re.MULTILINE | re.DOTALL)
    assert found, label
    return found[1]


def test_worked_example():
    content, session = check.vectors("record"), check.vectors("session")
    test, case = content["test"][0], content["records"][3]
    expected = {name: test[name] for name in ("seed", "public_key", "device_id")}
    for name in ("envelope", "payload", "to_be_signed", "signature", "root_after"):
        expected[name] = case[name]
    expected["link_key"] = session["key"][0]
    labels = re.findall(r"^```hex (\w+)$", _section(12), re.MULTILINE)
    assert sorted(labels) == sorted(expected)
    for label, data in expected.items():
        assert bytes.fromhex(_block("hex", label)) == data
    assert _block("text", "exchange").splitlines() == [
        item["line"] for item in session["exchange"]
    ]
    assert case["fields"][record.VAL] == [1500, -3, 1]
    assert test["seed"].decode() in README
