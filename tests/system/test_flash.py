"""`steelyard flash` against virtual boards: bare, foreign, full, unplugged in the middle.

Owns: boards that are what they are said to be; nothing of the host is replaced.
Refuses: nothing.
Units: bytes; files per second nowhere, as nothing here is timed.
"""

import hashlib
import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from disk import disk_full
from steelyard import boards, cli, flash, image
from steelyard.errors import NoDevice, UserError
from steelyard.remote import Remote, RemoteError, Survey, parse_survey
from steelyard.virtual import VirtualError, prepare_virtual
from steelyard_wire import identify
from terminals import VirtualTerminal

VIRTUAL = boards.load("virtual")


def never_asked(port: str) -> Mapping[str, str]:
    raise AssertionError(f"{port} was asked, but nothing was flashed")


@contextmanager
def bare(folder: Path) -> Iterator[VirtualTerminal]:
    """A board with MicroPython and nothing else."""
    with VirtualTerminal(folder / "flash.bin") as terminal:
        yield terminal


def on_the_board(port: str) -> dict[str, bytes]:
    """Path -> SHA-256 of what the board has of our files; the board then runs main.py."""
    remote = Remote(port)
    survey = remote.survey(resume=False)
    remote.reset()
    return {path: digest for path, (_, digest) in survey.files.items()}


def wanted() -> dict[str, bytes]:
    placed = image.build(VIRTUAL).placed()
    return {path: hashlib.sha256(body).digest() for path, body in placed.items()}


def fill(port: str, leave_blocks: int) -> None:
    """Fill the board's file system up to some blocks of 4096 bytes."""
    script = (
        "import os\n"
        "with open('/ballast', 'wb') as f:\n"
        f" for n in range(os.statvfs('/')[3] - {leave_blocks}):\n"
        "  f.write(bytes(4096))\n"
        "  if n % 16 == 0:\n"
        "   print(n)\n"  # a board that says nothing for 15 s is taken to be dead
    )
    Remote(port).run(["exec", script], resume=False)


def test_a_bare_board_becomes_a_working_terminal(tmp_path: Path) -> None:
    seen = []
    with bare(tmp_path) as terminal:
        done = flash.flash(
            VIRTUAL, terminal.pty, progress=lambda n, of, path: seen.append((n, of, path))
        )
        assert done.state == "bare"  # working, and not provisioned yet
        reply = flash.ask_id(terminal.pty)
        assert (reply["swid"], reply["board"]) == (done.software_id, "virtual")
        assert on_the_board(terminal.pty) == wanted()
    assert [path for _, _, path in seen] == done.copied
    assert [(n, of) for n, of, _ in seen] == [(n + 1, len(seen)) for n in range(len(seen))]
    assert done.copied[-2:] == ["/boot.py", "/main.py"]
    assert set(done.copied) == set(wanted())
    assert done.bytes_copied == sum(map(len, image.build(VIRTUAL).placed().values()))


def test_only_what_changed_is_copied_and_what_is_left_over_goes(tmp_path: Path) -> None:
    prepare_virtual(tmp_path / "flash.bin")
    with bare(tmp_path) as terminal:
        # Of a firmware from before there were packs, and of an update.
        leftovers = (
            "import os\n"
            "os.mkdir('/terminal'); os.mkdir('/terminal/links')\n"
            "for p in ('/terminal/links/x.mpy', '/board.py', '/b.pack', '/notes.txt'):\n"
            " with open(p, 'w') as f: f.write('left over')\n"
            "with open('/slots.mpy', 'wb') as f: f.write(b'M')\n"
        )
        Remote(terminal.pty).run(["exec", leftovers], resume=False)
        with disk_full(100), pytest.raises(UserError, match="files of the board are as they"):
            flash.flash(VIRTUAL, terminal.pty)
        done = flash.flash(VIRTUAL, terminal.pty)
        assert done.copied == ["/slots.mpy", "/main.py"]
        assert done.removed == ["/b.pack", "/board.py", "/terminal/links/x.mpy"]
        assert "terminal" not in Remote(terminal.pty).run(["fs", "ls", ":/"], resume=False)
        assert on_the_board(terminal.pty) == wanted()
        # What is not ours stays.
        assert "notes.txt" in Remote(terminal.pty).run(["fs", "ls", ":/"], resume=False)


def test_a_prepared_flash_file_is_what_flash_would_have_made(tmp_path: Path) -> None:
    made = prepare_virtual(tmp_path / "flash.bin")
    assert (tmp_path / "flash.bin").stat().st_size == VIRTUAL.storage_bytes
    with bare(tmp_path) as terminal:
        assert on_the_board(terminal.pty) == wanted()
        assert made == image.build(VIRTUAL)
        done = flash.flash(VIRTUAL, terminal.pty)
        assert (done.copied, done.removed) == ([], [])
        with pytest.raises(VirtualError, match="that runs"):
            prepare_virtual(tmp_path / "flash.bin")


def test_preparing_again_keeps_what_is_not_code(tmp_path: Path) -> None:
    prepare_virtual(tmp_path / "flash.bin")
    with bare(tmp_path) as terminal:
        script = (
            "import os\n"
            "if 'state' not in os.listdir('/'): os.mkdir('/state')\n"
            "for p in ('/state/kept', '/b.new', '/main.py'):\n"
            " with open(p, 'w') as f: f.write('x')\n"
        )
        Remote(terminal.pty).run(["exec", script], resume=False)
    prepare_virtual(tmp_path / "flash.bin")
    with bare(tmp_path) as terminal:
        assert on_the_board(terminal.pty) == wanted()
        assert "kept" in Remote(terminal.pty).run(["fs", "ls", ":/state"], resume=False)


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    with bare(tmp_path) as terminal:
        done = flash.flash(VIRTUAL, terminal.pty, ask=never_asked, dry_run=True)
        assert set(done.copied) == set(wanted())
        assert done.dry_run
        assert on_the_board(terminal.pty) == {}


def test_another_architecture_is_refused_and_both_are_named(tmp_path: Path) -> None:
    with bare(tmp_path) as terminal:
        with pytest.raises(flash.FlashFailed) as failure:
            flash.flash(boards.load("rpi_pico"), terminal.pty, ask=never_asked)
        assert failure.value.exit_code == 4
        text = str(failure.value)
        assert "architecture x64" in text
        assert "rpi_pico is port rp2, architecture armv6m" in text
        assert "Nothing was changed" in text
        assert on_the_board(terminal.pty) == {}


# sys.implementation of MicroPython 1.27.0 on a Raspberry Pi Pico W; 4870 = armv6m, .mpy 6.3.
PICO_W = Survey(
    name="micropython",
    version=(1, 27, 0, ""),
    mpy=4870,
    machine="Raspberry Pi Pico W with RP2040",
    version_text="3.4.0; MicroPython v1.27.0",
    platform="rp2",
    wlan=True,
    block_bytes=4096,
    blocks=212,
    free_blocks=210,
)


def changed(**fields: object) -> Survey:
    return Survey(**{**vars(PICO_W), **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("survey", "named"),
    [
        (changed(version=(1, 26, 1, "")), "MicroPython 1.26.1; supported are 1.27 to 1.29"),
        (changed(version=(1, 30, 0, "preview")), "MicroPython 1.30.0.preview; supported are 1.27"),
        (changed(mpy=4869), "loads .mpy version 5, the firmware is compiled to version 6"),
        (changed(mpy=7942), "architecture armv7emsp"),
        (changed(platform="samd"), "port samd"),
        (changed(name="circuitpython"), "runs circuitpython 1.27.0, not MicroPython"),
        (changed(mpy=0), "not MicroPython"),
        (changed(wlan=False), "needs Wi-Fi"),
    ],
)
def test_a_board_that_does_not_fit_is_refused_with_both_sides(survey: Survey, named: str) -> None:
    made = image.build(boards.load("rpi_pico_w"))
    flash.check_board(made, PICO_W)
    with pytest.raises(flash.FlashFailed, match=named) as failure:
        flash.check_board(made, survey)
    assert failure.value.exit_code == 4
    assert str(failure.value).endswith("Nothing was changed.")


def test_a_full_file_system_is_refused_before_anything_changes(tmp_path: Path) -> None:
    prepare_virtual(tmp_path / "flash.bin")
    with bare(tmp_path) as terminal:
        spoil = "import os; os.remove('/a.pack')"
        Remote(terminal.pty).run(["exec", spoil], resume=False)
        fill(terminal.pty, leave_blocks=2)
        before = on_the_board(terminal.pty)
        with pytest.raises(
            flash.FlashFailed, match="too full: [0-9]+ bytes are needed"
        ) as failure:
            flash.flash(VIRTUAL, terminal.pty, ask=never_asked)
        assert failure.value.exit_code == 4
        assert "Nothing was changed" in str(failure.value)
        assert on_the_board(terminal.pty) == before
        assert "/main.py" in before
        # Room is made, the same command does it.
        Remote(terminal.pty).run(["fs", "rm", ":/ballast"], resume=False)
        assert flash.flash(VIRTUAL, terminal.pty).copied


def test_a_file_system_that_fills_up_in_the_middle_is_named(tmp_path: Path) -> None:
    with bare(tmp_path) as terminal:
        fill(terminal.pty, leave_blocks=4)
        made = image.build(VIRTUAL)
        remote = Remote(terminal.pty)
        plan = flash.make_plan(made, remote.survey())
        assert plan.needed_bytes > plan.free_bytes
        with pytest.raises(RemoteError, match="file system is full") as failure:
            flash.copy(remote, made, plan)
        assert failure.value.full
        assert failure.value.exit_code == 4
        assert "/main.py" not in on_the_board(terminal.pty)
        Remote(terminal.pty).run(["fs", "rm", ":/ballast"], resume=False)
        flash.flash(VIRTUAL, terminal.pty)
        assert on_the_board(terminal.pty) == wanted()


def test_a_pulled_cable_is_named_and_the_same_command_continues(tmp_path: Path) -> None:
    copied: list[str] = []

    with bare(tmp_path) as terminal:

        def pull(number: int, files: int, path: str) -> None:
            copied.append(path)
            if path == "/packed.mpy":
                terminal.close(signal.SIGKILL)

        with pytest.raises(flash.FlashFailed) as failure:
            flash.flash(VIRTUAL, terminal.pty, ask=never_asked, progress=pull)
    assert failure.value.exit_code == 3
    assert "run the same command again, it continues" in str(failure.value)

    with bare(tmp_path) as terminal:
        half = on_the_board(terminal.pty)
        assert "/main.py" not in half
        # Everything before the file at which the supply went is there.
        assert {path for path in half if half[path] == wanted()[path]} >= set(copied[:2])
        done = flash.flash(VIRTUAL, terminal.pty)
        assert copied[:2] == ["/a.pack", "/active"] and not set(done.copied) & set(copied[:2])
        assert on_the_board(terminal.pty) == wanted()


def test_an_update_takes_main_away_first(tmp_path: Path) -> None:
    """A board that is unplugged during an update does not start a mixture of two versions."""
    prepare_virtual(tmp_path / "flash.bin")
    with bare(tmp_path) as terminal:
        script = "open('/packed.mpy', 'w').close()"
        Remote(terminal.pty).run(["exec", script], resume=False)
        with pytest.raises(flash.FlashFailed) as failure:
            flash.flash(
                VIRTUAL,
                terminal.pty,
                ask=never_asked,
                progress=lambda number, files, path: terminal.close(signal.SIGKILL),
            )
        assert failure.value.exit_code == 3
    with bare(tmp_path) as terminal:
        assert "/main.py" not in on_the_board(terminal.pty)


def test_a_port_that_is_not_there_is_named() -> None:
    with pytest.raises(
        flash.FlashFailed, match="/dev/pts/no-such-port cannot be opened"
    ) as failure:
        flash.flash(VIRTUAL, "/dev/pts/no-such-port", ask=never_asked)
    assert failure.value.exit_code == 3


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with bare(tmp_path) as terminal, serial.Serial(terminal.pty, exclusive=True):
        with pytest.raises(flash.FlashFailed, match="another program uses it") as failure:
            flash.flash(VIRTUAL, terminal.pty, ask=never_asked)
        assert failure.value.exit_code == 3


def test_the_command_flashes_and_says_so_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bare(tmp_path) as terminal:
        here = ["flash", "--board", "virtual", "--port", terminal.pty]
        assert cli.run([*here, "--dry-run"]) == 0
        assert "not changed" in capsys.readouterr().out
        assert cli.run([*here, "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["software_id"] == flash.ask_id(terminal.pty)["swid"]
        assert len(said["copied"]) == said["files"] == len(wanted())
        assert cli.run(here) == 0
        assert "runs this software, bare" in capsys.readouterr().out
        assert cli.run(["flash", "--board", "esp32", "--port", terminal.pty]) == 4
        assert "architecture x64" in capsys.readouterr().err
    assert cli.run(["flash", "--board", "esp32", "--port", "/dev/pts/no-such-port"]) == 3
    assert cli.run(["flash", "--board", "teapot", "--port", "x"]) == 2
    assert "rpi_pico_w" in capsys.readouterr().err


def test_the_computed_identification_follows_the_published_rule() -> None:
    """protocol/README.md, written down again with hashlib alone."""
    made = image.build(VIRTUAL)
    hashed = hashlib.sha256(b"steelyard/fw/1\0" + PICO_W.platform_text().encode() + b"\0")
    for path in sorted(made.files):
        hashed.update(path.encode() + b"\0" + hashlib.sha256(made.files[path]).digest())
    assert made.software_id(PICO_W.platform_text()) == hashed.digest()
    assert all(identify.is_measured(path) for path in made.files)


def test_a_torn_survey_is_not_trusted() -> None:
    text = "@steelyard ('is', 'micropython', (1, 27, 0), 4870, 'x', 'y')\n@steelyard ('file', '/ma"
    for torn in ("", text, text + "\n@steelyard ('end',)\n"):
        with pytest.raises(RemoteError) as failure:
            parse_survey(torn)
        assert failure.value.exit_code == 3


def test_a_terminal_that_does_not_come_back_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(port: str) -> Mapping[str, str]:
        raise NoDevice("silence")

    begin = time.monotonic()
    with pytest.raises(
        flash.FlashFailed, match="did not answer at COM9 within 0 s: silence"
    ) as failure:
        flash.wait_for(silent, "COM9", seconds=0.1)
    assert failure.value.exit_code == 3
    assert time.monotonic() - begin < 30
