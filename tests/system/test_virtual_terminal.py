"""The virtual terminal: power, flash, time, resets, the world's commands, clean ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from steelyard import data
from steelyard.simulator import SimulatorError
from terminals import VirtualTerminal


class Repl:
    """The board's own raw REPL, spoken by hand."""

    def __init__(self, address: str) -> None:
        self.port = serial.serial_for_url(address, timeout=10)

    def until(self, mark: bytes) -> bytes:
        data = self.port.read_until(mark)
        assert data.endswith(mark), data
        return data

    def enter(self) -> None:
        # As mpremote does: a program that is interrupted may lose what was typed at once after it.
        self.port.write(b"\r\x03")
        time.sleep(0.1)
        self.port.reset_input_buffer()
        self.port.write(b"\r\x01")
        self.until(b"raw REPL; CTRL-B to exit\r\n>")

    def run(self, code: str) -> str:
        self.port.write(code.encode() + b"\x04")
        self.until(b"OK")
        out = self.until(b"\x04")[:-1]
        error = self.until(b"\x04>")[:-2]
        assert not error, error
        return out.decode().strip()


@pytest.fixture()
def bare(tmp_path: Path) -> Iterator[VirtualTerminal]:
    with VirtualTerminal(tmp_path / "flash.bin") as terminal:
        yield terminal


def repl(terminal: VirtualTerminal) -> Repl:
    found = Repl(terminal.console)
    found.enter()
    return found


def test_a_bare_board_is_a_micropython_board_with_an_empty_littlefs(bare: VirtualTerminal) -> None:
    line = repl(bare)
    assert line.run("import sys; print(sys.implementation.name)") == "micropython"
    assert line.run("import os; print(os.listdir('/'))") == "[]"
    # rp2: blocks of 4096 bytes, 352 of them on a Pico (1.4 MiB)
    assert line.run("print(os.statvfs('/')[:3])") == "(4096, 4096, 352)"


def test_the_pty_and_the_socket_are_the_same_console(bare: VirtualTerminal) -> None:
    line = repl(bare)
    line.run("x = 6")
    line.port.close()
    other = Repl(bare.pty)
    other.port.write(b"\x02x * 7\r")
    assert b"42" in other.until(b"42\r\n")


def test_a_second_client_of_the_socket_is_refused_with_a_sentence(bare: VirtualTerminal) -> None:
    with serial.serial_for_url(bare.console, timeout=5):
        time.sleep(0.1)
        host, _, port = bare.console.removeprefix("socket://").partition(":")
        with socket.create_connection((host, int(port)), 5) as second:
            assert b"has a client already" in second.recv(200)


def test_files_outlive_a_power_cut_and_a_killed_program(tmp_path: Path) -> None:
    flash = tmp_path / "flash.bin"
    with VirtualTerminal(flash) as terminal:
        line = repl(terminal)
        line.run("f = open('/kept', 'w'); f.write('twelve'); f.close()")
        line.run("g = open('/lost', 'w'); g.write('never closed')")
        terminal.world("cut power")
        assert json.loads(terminal.world("state"))["power"] is False
        terminal.world("restore power")
        line.enter()
        assert line.run("import os; print(open('/kept').read(), os.listdir('/'))").startswith(
            "twelve"
        )
        assert line.run("print(os.stat('/lost')[6])") == "0"
        terminal.close(signal.SIGKILL)
    with VirtualTerminal(flash) as terminal:
        assert repl(terminal).run("print(open('/kept').read())") == "twelve"


def test_main_runs_at_power_on_and_after_machine_reset_and_its_traceback_shows(
    bare: VirtualTerminal,
) -> None:
    line = repl(bare)
    line.run("f = open('/main.py', 'w'); f.write('print(\"main here\")\\n1/0\\n'); f.close()")
    line.port.write(b"import machine; machine.reset()\x04")
    assert b"main here" in line.until(b"ZeroDivisionError: divide by zero\r\n")


def test_a_soft_reset_in_the_raw_repl_does_not_run_main(bare: VirtualTerminal) -> None:
    line = repl(bare)
    line.run("f = open('/main.py', 'w'); f.write('print(\"main here\")\\n'); f.close()")
    line.run("left_over = 1")
    line.port.write(b"\x04")
    answer = line.until(b"raw REPL; CTRL-B to exit\r\n>")
    assert b"soft reboot" in answer and b"main here" not in answer
    assert line.run("print('left_over' in globals())") == "False"
    line.port.write(b"\x02\x04")  # from the friendly REPL it does
    assert b"main here" in line.until(b"main here\r\n")


def test_held_time_moves_only_by_advance(tmp_path: Path) -> None:
    with VirtualTerminal(tmp_path / "flash.bin", speed="0") as terminal:
        line = repl(terminal)
        line.port.write(b"import asyncio\nasync def wait():\n  await asyncio.sleep(10)\n")
        line.port.write(b"asyncio.run(wait())\x04")
        line.until(b"OK")
        terminal.world("advance 1 ms")  # now it waits; until then its work takes board time
        for _ in range(3):
            before = terminal.state()["time_s"]
            time.sleep(0.1)
            assert terminal.state()["time_s"] == before
            terminal.world("advance 500 ms")
            assert terminal.state()["time_s"] - before == pytest.approx(0.5, abs=0.001)


def test_time_cannot_pass_at_the_prompt_and_the_world_says_so(tmp_path: Path) -> None:
    with VirtualTerminal(tmp_path / "flash.bin", speed="0") as terminal:
        repl(terminal)
        with pytest.raises(SimulatorError, match="at its REPL: time did not pass"):
            terminal.world("advance 1 s")


@pytest.mark.parametrize("speed", ["50", "max"])
def test_an_advance_answers_when_the_time_has_passed(tmp_path: Path, speed: str) -> None:
    with VirtualTerminal(tmp_path / "flash.bin", speed=speed) as terminal:
        repl(terminal).port.write(b"import time; time.sleep(100000)\x04")
        before = terminal.state()["time_s"]
        terminal.world("advance 5 s")
        assert terminal.state()["time_s"] >= before + 5


def test_what_follows_an_advance_waits_for_it_and_others_do_not(tmp_path: Path) -> None:
    with VirtualTerminal(tmp_path / "flash.bin", speed="10") as terminal:
        repl(terminal).port.write(b"import time; time.sleep(100000)\x04")
        host, _, port = terminal.addresses["world"].removeprefix("socket://").partition(":")
        with socket.create_connection((host, int(port)), 10) as other:
            before = terminal.state()["time_s"]
            other.sendall(b"advance 5 s\nplace 2 kg\nstate\n")
            answers = other.makefile("r")
            assert terminal.state()["load_kg"] == 0
            assert [answers.readline(), answers.readline()] == ["ok\n", "ok 2 kg\n"]
            state = json.loads(answers.readline().removeprefix("ok "))
        assert state["time_s"] >= before + 5 and state["load_kg"] == 2.0


@pytest.mark.parametrize("speed", ["0", "max"])
def test_time_goes_on_without_power(tmp_path: Path, speed: str) -> None:
    script = tmp_path / "night.txt"
    script.write_text("at 3600 s: temperature 5\n")
    options = ("--scenario", str(script))
    with VirtualTerminal(tmp_path / "flash.bin", *options, speed=speed) as terminal:
        repl(terminal)
        terminal.world("cut power")
        before = terminal.state()["time_s"]
        terminal.world("advance 120 min")
        assert terminal.state()["time_s"] == pytest.approx(before + 7200)
        assert terminal.state()["temperature_c"] == 5.0
        terminal.world("restore power")
        assert repl(terminal).run("import time; print(time.ticks_ms() > 7_000_000)") == "True"


def test_speed_sets_the_pace(bare: VirtualTerminal) -> None:
    line = repl(bare)
    bare.world("speed 20")
    begin = time.monotonic()
    line.run("import time; time.sleep(10)")
    assert 0.45 < time.monotonic() - begin < 5  # 10 s at 20 times real time is 0.5 s


def test_ticks_wrap_as_on_the_small_ports(bare: VirtualTerminal) -> None:
    line = repl(bare)
    # 2**30 ms are 1 073 741.824 s; ticks_ms of the rp2 and esp32 ports wrap there.
    # The converter is powered down, so that nothing happens meanwhile.
    line.run("import time, machine; machine.Pin(3, machine.Pin.OUT, value=1); time.sleep(1073741)")
    assert int(line.run("print(time.ticks_ms())")) > 1 << 29
    line.run("a = time.ticks_ms(); time.sleep(2)")
    assert int(line.run("print(time.ticks_ms())")) < 5000
    assert line.run("print(time.ticks_diff(time.ticks_ms(), a))") == "2000"


def test_the_converter_ticks_at_its_rate_and_the_processor_can_read_it(tmp_path: Path) -> None:
    # RATE pin high, +2 % clock error: 81.6 conversions a second
    options = ("--rate-error-ppm", "20000")
    with VirtualTerminal(tmp_path / "flash.bin", *options) as terminal:
        line = repl(terminal)
        line.run(
            "import machine, time\nn = 0\ndef ready(pin):\n  global n\n  n += 1\n"
            "p = machine.Pin(2, machine.Pin.IN)\np.irq(ready, machine.Pin.IRQ_FALLING, hard=True)"
        )
        assert int(line.run("time.sleep(10); print(n)")) in range(814, 818)


def test_a_hard_interrupt_may_not_allocate(bare: VirtualTerminal) -> None:
    line = repl(bare)
    line.run(
        "import machine, time\np = machine.Pin(2, machine.Pin.IN)\n"
        "p.irq(lambda pin: [0] * 9, machine.Pin.IRQ_FALLING, hard=True)"
    )
    line.port.write(b"time.sleep(1)\x04")
    assert b"MemoryError" in line.until(b"\x04>")


def test_world_commands_answer_or_say_what_to_do(bare: VirtualTerminal) -> None:
    assert bare.world("place 1500 g") == "1.5 kg"
    bare.world("temperature 35")
    bare.world("vibrate 5 g")
    bare.world("open case")
    state = bare.state()
    assert (state["load_kg"], state["temperature_c"], state["vibration_kg"]) == (1.5, 35.0, 0.005)
    assert state["case_open"] is True
    for line in ("remove", "vibrate off", "close case", "press zero", "fault dout_high"):
        bare.world(line)
    bare.world("fault dout_high off")
    for line in ("ring 5 Hz 0.04", "vibrate 2 g 9.5 Hz", "cell c3", "fault mains 5 uV 60 Hz"):
        bare.world(line)
    for line in ("fault open_bridge", "fault noise 0.1", "fault dout_low", "fault saturate_low"):
        bare.world(line)
    state = bare.state()
    assert (state["ring_hz"], state["damping"], state["vibration_hz"]) == (5.0, 0.04, 9.5)
    assert state["cell"]["creep"] == 166.0
    assert sorted(state["faults"]) == sorted(
        ("open_bridge", "noise 0.1", "mains 5 uV 60 Hz", "dout_low", "saturate_low")
    )
    for line in ("open_bridge", "noise", "dout_low", "saturate_low", "mains"):
        bare.world(f"fault {line} off")
    assert bare.state()["faults"] == []
    assert max(map(len, bare.world("help").split("\t"))) < 100
    assert "place" in bare.world("help")
    for wrong in (
        "place much",
        "juggle",
        "fault gremlin",
        "advance -3 s",
        "press enter",
        "open tin",
        "speed fast",
        "replay /nowhere",
        "temperature warm",
        "ring loudly",
        "cell gold",
        "cut corners",
    ):
        with pytest.raises(SimulatorError, match="say|unknown|cannot|time does"):
            bare.world(wrong)


def test_a_scenario_is_carried_out_in_board_time(tmp_path: Path) -> None:
    script = tmp_path / "day.txt"
    script.write_text("temperature 30  # at the start\nat 2.5 s: place 3 kg\nat 4 s: remove\n")
    flash = tmp_path / "flash.bin"
    with VirtualTerminal(flash, "--scenario", str(script), speed="0") as terminal:
        line = repl(terminal)
        line.port.write(b"import time; time.sleep(5)\x04")
        found = []
        for _ in range(5):
            terminal.world("advance 1 s")
            found.append(terminal.state()["load_kg"])
        assert found[1] == 0 and found[2] == 3.0 and found[4] == 0
        assert terminal.state()["temperature_c"] == 30.0


def test_terminals_side_by_side_do_not_meet(tmp_path: Path) -> None:
    with VirtualTerminal(tmp_path / "a") as one, VirtualTerminal(tmp_path / "b") as two:
        first, second = repl(one), repl(two)
        first.run("name = 'one'")
        second.run("name = 'two'")
        assert (first.run("print(name)"), second.run("print(name)")) == ("one", "two")


def test_two_terminals_cannot_share_a_flash_file(tmp_path: Path, bare: VirtualTerminal) -> None:
    with pytest.raises(SimulatorError, match="flash of a virtual terminal that runs already"):
        VirtualTerminal(tmp_path / "flash.bin")


def _children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(word) for word in found.stdout.split()]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_end_leaves_a_process_behind(tmp_path: Path, how: int) -> None:
    terminal = VirtualTerminal(tmp_path / "flash.bin")
    repl(terminal)
    children = _children(terminal.process.pid)
    assert len(children) == 1
    terminal.close(how)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and Path(f"/proc/{children[0]}").exists():
        time.sleep(0.02)
    assert not Path(f"/proc/{children[0]}").exists()


def test_without_a_vm_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(data.simulation() / "terminal.py"), "--flash", str(tmp_path / "f")],
        env=dict(os.environ, MICROPYTHON="/nowhere/micropython"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert "MICROPYTHON names /nowhere/micropython" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_client_of_the_world_that_does_not_read_stops_nothing(bare: VirtualTerminal) -> None:
    host, _, port = bare.addresses["world"].removeprefix("socket://").partition(":")
    with socket.create_connection((host, int(port)), 10) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(400):
                deaf.send(b"help\n" * 200)
        assert repl(bare).run("print(6 * 7)") == "42"
        assert bare.world("place 1 kg") == "1 kg"
        # What it asked for is still answered when it listens.
        deaf.settimeout(10)
        answers = deaf.makefile("rb")
        assert all(answers.readline().startswith(b"ok place") for _ in range(100))
