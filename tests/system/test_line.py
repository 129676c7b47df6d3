"""The service line word by word, as protocol/README.md promises it to strangers.

Runs on the virtual terminal, or on a unit on the bench: pytest tests/system/test_line.py --port P.
What is sent and read here is bytes of a serial port, with crcmod's check sum: no client of ours.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import crcmod.predefined
import pytest
import serial
from steelyard.client import Terminal

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATION = (ROOT / "protocol" / "README.md").read_text(encoding="utf-8")
crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")


class Line:
    """A serial port and what the specification says of lines."""

    def __init__(self, address: str) -> None:
        self.port = serial.serial_for_url(address, timeout=20)

    def send(self, text: str, end: bytes = b"\r\n") -> None:
        self.port.write(text.encode() + end)

    def reply(self) -> str:
        """The next reply without its check sum, which must be right."""
        raw = self.port.read_until(b"\r\n")
        assert raw.endswith(b"\r\n"), raw
        body, _, check = raw[:-2].rpartition(b" *")
        assert check == b"%04X" % crc(body), raw
        assert len(raw) <= 1026
        return body.decode()

    def ask(self, text: str, end: bytes = b"\r\n") -> str:
        self.send(text, end)
        return self.reply()

    def machine(self, text: str) -> str:
        """A command with an id and a check sum; its reply without the id."""
        body = f"@77 {text}"
        answer = self.ask(f"{body} *{crc(body.encode()):04X}")
        assert answer.startswith("@77 ")
        return answer[4:]


@pytest.fixture
def line(terminal: Terminal) -> Iterator[Line]:
    address = terminal.address
    terminal.close()
    found = Line(address)
    found.send("")
    yield found
    found.port.close()


def table_of(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of the specification."""
    text = SPECIFICATION.partition(heading)[2]
    rows = re.search(r"(?m)^\|.*(?:\n\|.*)+", text)
    assert rows
    cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows[0].splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in cells]


COMMANDS = {row[0].strip("`"): row for row in table_of("## 5. Commands")}
ERRORS = {row[1].strip("`"): row for row in table_of("## 6. Error codes")}
# The words of each value, as the paragraphs below the command table describe them.
WORDS = {
    "protocol": "1",
    "product": "steelyard",
    "serial": r'-|[!-~]+|"[ -~]+"',
    "dev": "[0-9a-f]{16}",
    "key": "[0-9a-f]{64}",
    "model": r'[!-~]+|"[ -~]+"',
    "board": r"\w+",
    "fw": r"\d+\.\d+\.\d+",
    "swid": "[0-9a-f]{64}",
    "state": "provisioned|off|joining|joined|calibrated|none|open",
    "test": "[01]",
    "converter": "hx711|ads1232|nau7802|cs1237|ads1220",
    "utc": r"-|\d{10}",
    "settle_ms": r"-|\d+",
    "ts": "[0-4]",
    "journal": "OK|WARN|FULL|FAULT",
    "error_s": r"-|\d+",
    "unit": "g|kg|mg|t|lb|oz|jin|liang",
    "status": "0x[0-9A-F]{4}",
    "flags": "-|[A-Z_]+(,[A-Z_]+)*",
    "fault": "[A-Z_]+",
    "nonce": "[0-9a-f]{32}",
    "rssi": r"-|-\d+",
    "ssid": r'-|"?[ -~]*"?',
    "address": r"-|\d+\.\d+\.\d+\.\d+",
    "digest": "[0-9a-f]{16}",
    "value": r"-|-?\d+(\.\d+)?",
    "gross": r"-|-?\d+(\.\d+)?",
    "tare": r"-|\d+(\.\d+)?",
    "net": r"-|-?\d+(\.\d+)?",
    "d": r"-|\d+(\.\d+)?",
    "fine": r"-|-?\d+(\.\d+)?",
    "tap": r"-|-?\d+(\.\d+)?",
    "zero": r"-|-?\d+",
    "span": r"-|-?\d+",
    "weight": r"-|\d+(\.\d+)?",
    "preset": r"-|\d+(\.\d+)?",
    "legal": "[01]",
    "alarm": "-|[A-Z_]+",
    "staged": "-|nothing|captured|fitted|checked",
    "method": "-|SEGMENTS|LINE|CELL",
    "points": r"-|-?\d+:\d+(\.\d+)?(,-?\d+:\d+(\.\d+)?)+",
    "gravity": r"-|\d{6},\d{6}",
    "check": r"-|\d+(\.\d+)?,-?\d+(\.\d+)?",
    "residual": r"-|\d+(\.\d+)?",
    "temperature": r"-|-?\d+(,-?\d+){5}",
    "shunt": r"-|-?\d+",
    "celsius": r"-|-?\d+\.\d\d",
    "cell_celsius": r"-|-?\d+\.\d\d",
}


@pytest.mark.parametrize("command", ["ID", "STATUS", "READ", "SESSION", "RECORDS", "TIME"])
def test_the_words_of_a_reply_are_those_of_the_table(line: Line, command: str) -> None:
    promised = re.findall(r"(\w+)=", COMMANDS[command][6])
    words = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line.machine(command))
    assert [key for key, _ in words] == promised
    for key, value in words:
        assert re.fullmatch(WORDS.get(key, r"\d+"), value), (key, value)


def test_the_network_and_the_calibration_tell_of_themselves(line: Line) -> None:
    for command, name in (("NETWORK", "NETWORK"), ("CAL STATUS", "CAL")):
        answer = line.machine(command)
        if answer.startswith("ERROR 50 NO_NETWORK"):
            continue
        assert answer.startswith("OK ")
        promised = re.findall(r"(\w+)=", COMMANDS[name][6].rpartition("STATUS")[2])
        words = re.findall(r'(\w+)=("[^"]*"|\S+)', answer)
        assert [key for key, _ in words] == promised
        for key, value in words:
            assert re.fullmatch(WORDS.get(key, r"\d+"), value), (key, value)


def test_help_lists_the_table_and_explains_each(line: Line) -> None:
    assert line.ask("HELP") == "OK " + " ".join(COMMANDS)
    for name, row in COMMANDS.items():
        words = (cell.strip("`").replace("\\|", "|") for cell in row[4:6])
        quoted = [f'"{word}"' if " " in word else word for word in words]
        assert line.ask(f"help {name.lower()}") == " ".join(["OK", *quoted])


def test_a_person_types_and_ends_a_line_as_the_terminal_program_does(line: Line) -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        assert line.ask("read", end).startswith("OK value=")
    assert line.ask("  ReAd   ").startswith("OK value=")


def test_records_come_as_base64_of_what_was_signed(line: Line) -> None:
    last = int(re.search(r"next=(\d+)", line.machine("RECORDS"))[1]) - 1
    for n in {0, last}:
        answer = re.fullmatch(rf"OK n={n} ([A-Za-z0-9+/]+=*)", line.machine(f"RECORD {n}"))
        assert answer
        envelope = base64.b64decode(answer[1], validate=True)
        assert envelope.startswith(bytes.fromhex("d28443a10127a10448"))


def test_config_gives_all_parameters_or_one(line: Line) -> None:
    words = dict(word.split("=") for word in line.machine("CONFIG").split()[1:])
    assert len(words) > 3
    for name, value in words.items():
        assert line.machine(f"CONFIG {name.upper()}") == f"OK {name}={value}"


def test_a_trace_is_blocks_of_samples_and_ends_when_somebody_types(line: Line) -> None:
    line.send("TRACE 1000")
    blocks = b""
    while (answer := line.reply()).startswith("PROGRESS"):
        blocks += b"".join(base64.b64decode(word, validate=True) for word in answer.split()[1:])
    assert answer == f"OK samples={len(blocks) // 6} lost=0" and len(blocks) % 6 == 0
    counts = [int.from_bytes(blocks[at : at + 3], "little") for at in range(0, len(blocks), 6)]
    apart = [int.from_bytes(blocks[at + 4 : at + 6], "little") for at in range(0, len(blocks), 6)]
    assert apart[0] == 0 and 0.8 < sum(apart) / 1000 <= 1.0
    assert max(counts) - min(counts) < 0x8000 and set(blocks[3::6]) == {0}
    line.send("TRACE 600000")
    assert line.reply().startswith("PROGRESS")
    line.send("READ")
    while (answer := line.reply()).startswith("PROGRESS"):
        pass
    assert re.fullmatch(r"OK samples=\d+ lost=\d+", answer)
    assert line.reply().startswith("OK value=")


REFUSED = [
    ("SYNTAX", 'READ "open quote'),
    ("SYNTAX", "@0 READ"),
    ("SYNTAX", "@x READ"),
    ("SYNTAX", "READ\tNOW"),
    ("UNKNOWN_COMMAND", "WEIGH"),
    ("UNKNOWN_COMMAND", "HELP WEIGH"),
    ("ARGUMENT", "RECORD"),
    ("ARGUMENT", "RECORD one"),
    ("ARGUMENT", "RECORD -1"),
    ("ARGUMENT", "RECORD 12345678901"),
    ("ARGUMENT", "READ NOW"),
    ("ARGUMENT", "CONFIG colour"),
    ("ARGUMENT", "CAL DANCE"),
    ("ARGUMENT", "REGISTER xyz"),
    ("ARGUMENT", "TRACE 0"),
    ("ARGUMENT", "TRACE 600001"),
    ("ARGUMENT", "TRACE -5"),
    ("ARGUMENT", "REGISTER " + "00" * 17),
    ("CRC", "READ *0000"),
    ("CRC_REQUIRED", "@9 ZERO"),
    ("NO_RECORD", "RECORD 4000000000"),
    ("LINE_TOO_LONG", "A" * 513),
]


@pytest.mark.parametrize(("name", "text"), REFUSED, ids=[f"{n}-{t[:12]}" for n, t in REFUSED])
def test_a_refusal_is_the_row_of_the_table(line: Line, name: str, text: str) -> None:
    code, _, sentence = ERRORS[name]
    answer = line.ask(text)
    answer = answer.removeprefix("@9 ")
    assert re.fullmatch(rf'ERROR {code} {name} "{re.escape(sentence)}( \(.*\))?"', answer), answer
    # And the line goes on.
    assert line.machine("READ").startswith("OK ")


def test_a_line_of_512_bytes_is_read_and_its_id_repeated(line: Line) -> None:
    text = "@999999999 RECORD " + "1" * 494
    assert len(text) == 512
    assert line.ask(text).startswith("@999999999 ERROR 3 ARGUMENT")
    line.send("B" * 3000)
    assert line.reply().startswith("ERROR 5 LINE_TOO_LONG")
    assert line.machine("READ").startswith("OK ")  # answered once, dropped to its end


def test_garbage_gets_a_refusal_and_nothing_breaks(line: Line) -> None:
    noise = bytes(byte for byte in range(256) if byte not in (3, 10, 13)) * 2
    line.port.write(noise + b"\r\n")
    assert line.reply().startswith("ERROR ")
    line.port.write(b"\xff\xfe\x00\r\n\r\n\r\n")
    assert line.reply().startswith("ERROR 1 SYNTAX")
    assert line.machine("READ").startswith("OK ")
