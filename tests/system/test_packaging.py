"""The distribution: what `pip install` brings is enough to flash a board; the pins are clean.

Owns: a wheel, built once and installed beside nothing else of ours.
Refuses: nothing.
Units: none.
"""

import dataclasses
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import wasm
from steelyard import bench, boards, image, size, soldered

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    "firmware": "steelyard/tree/firmware",
    "boards": "steelyard/tree/boards",
    "tests/data/boa-climbing-hx711": "steelyard/tree/tests/data/boa-climbing-hx711",
    "host/steelyard": "steelyard",
    "protocol/steelyard_wire": "steelyard_wire",
}

# Runs with the installed wheel: what it would put on a board.
BUILD = """
import json, sys
import steelyard, steelyard_wire
from steelyard import boards, data, image, recording
from steelyard.store import Store
from steelyard.virtual import prepare_virtual
Store(sys.argv[1] + ".sqlite3").close()
recording.load(data.root() / "tests" / "data" / "boa-climbing-hx711")
def digests(name):
    made = image.build(boards.load(name)).digests()
    return {path: digest.hex() for path, digest in made.items()}
made = {name: digests(name) for name in boards.list_boards()}
prepare_virtual(sys.argv[1])
print(json.dumps({"host": steelyard.__file__, "wire": steelyard_wire.__file__,
                  "root": str(data.root()), "made": made}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    return file


def of_the_tree(folder: str) -> set[str]:
    """The files below a folder, without what tools leave behind."""
    files = [file.relative_to(ROOT) for file in (ROOT / folder).rglob("*") if file.is_file()]
    return {
        file.relative_to(folder).as_posix()
        for file in files
        if not any(part == "__pycache__" or part.startswith(".") for part in file.parts)
    }


def test_the_wheel_holds_the_rooms_that_travel_and_nothing_else(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {f"{place}/{name}" for room, place in PLACES.items() for name in of_the_tree(room)}
    # Images are built from a checkout, with MicroPython's sources beside it.
    images = {name for name in wanted if name.startswith(f"{PLACES['boards']}/images/")}
    assert images
    assert held == wanted - images
    assert "steelyard/tree/firmware/terminal/evidence/comb6.bin" in held


def test_an_installed_wheel_makes_the_same_bytes_as_the_checkout(
    wheel: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--target", site, wheel], check=True)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path / "flash.bin")],
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(site)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["host"] == str(site / "steelyard/__init__.py")
    assert said["wire"] == str(site / "steelyard_wire/__init__.py")
    assert said["root"] == str(site / "steelyard/tree")
    for name in boards.list_boards():
        digests = image.build(boards.load(name)).digests()
        assert said["made"][name] == {path: digest.hex() for path, digest in digests.items()}
    assert (tmp_path / "flash.bin").stat().st_size == boards.load("virtual").storage_bytes


def test_the_command_is_installed(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    assert "steelyard = steelyard.__main__:main" in archive.read(name).decode()


def test_the_lock_pins_everything_and_names_no_place() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = [line for line in lock.splitlines() if not line.lstrip().startswith("#")]
    for line in lines:
        assert re.fullmatch(
            r"[a-z0-9.-]+==[\w.]+ (; [\w\s\"'=!<>.()]+)?\\|    --hash=sha256:[0-9a-f]{64}( \\)?|",
            line,
        ), line
    pinned = {line.partition("==")[0] for line in lines if "==" in line and "hash" not in line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split(r"[\[<>=; ]", name)[0] for name in wanted} <= pinned
    assert not re.search(r"https?:|file:/|index-url|find-links|/(home|root|tmp|opt|usr)/", lock)


def test_a_package_with_another_digest_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "micropython.mjs").write_text("forged", encoding="utf-8")
    tarball = tmp_path / "package.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        archive.add(tmp_path / "micropython.mjs", "package/micropython.mjs")
    with pytest.raises(wasm.FetchError, match="wanted is DnXx4Eqx"):
        wasm.unpack(tarball, tmp_path / "unpacked", wasm.SHA512[wasm.PACKAGE])
    assert not (tmp_path / "unpacked").exists()


def test_the_pico_keeps_its_budget() -> None:
    made = image.build(boards.load("rpi_pico"))
    assert sum(made.resident_sizes().values()) <= made.board.budget_bytes == 87 * 1024
    # What this board does not need is not on it.
    assert not {"/terminal/links/tcp.mpy", "/terminal/links/wifi.mpy"} & set(made.files)


@pytest.mark.parametrize("name", boards.list_boards())
def test_every_board_keeps_its_own_budget(name: str) -> None:
    made = image.build(boards.load(name))
    assert sum(made.resident_sizes().values()) <= made.board.budget_bytes


def test_where_a_chip_signs_a_hash_is_there_to_verify_with() -> None:
    chip = soldered.SIGNERS["atecc608"]
    assert chip is not None
    made = image.build(soldered.with_signer(boards.load("rpi_pico"), chip))
    needed = {f"terminal.evidence.{name}" for name in ("verify", "sha512", "sha512_limbs")}
    assert needed <= set(made.mpy_sizes())
    assert not needed & set(made.resident_sizes())
    assert not [name for name in made.mpy_sizes() if "comb" in name or "sign_" in name]


def test_make_size_fails_above_the_budget(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "FILE", tmp_path / "bench.json")
    assert size.main(["rpi_pico"]) == 0
    total = sum(image.build(boards.load("rpi_pico")).resident_sizes().values())
    tight = dataclasses.replace(boards.load("rpi_pico"), budget_bytes=total - 7)
    monkeypatch.setattr(size, "load", lambda name: tight)
    assert size.main(["rpi_pico"]) == 1
    assert "rpi_pico: 7 bytes too many" in capsys.readouterr().err


def test_S1_compiling_twice_gives_the_same_bytes_and_names_no_place(tmp_path: Path) -> None:
    source = (ROOT / "firmware/terminal/app.py").read_bytes()
    made = []
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        made.append(image.compile_source("terminal/app.py", source, tmp_path / name))
    assert made[0] == made[1]
    assert b"terminal/app.py" in made[0]
    assert str(tmp_path).encode() not in made[0]
    with pytest.raises(image.BuildError, match="terminal/app.py does not compile"):
        image.compile_source("terminal/app.py", b"def (:\n", tmp_path)


def test_figures_of_one_topic_leave_the_others_alone(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.json"
    bench.merge("vm", {"samples_per_s": 80.5}, file)
    bench.merge("size", {"mpy_bytes_total": 1, "mpy_bytes": {"terminal.app": 1}}, file)
    bench.merge("vm", {"heap_bytes_per_sample": 0, "outcome": "NO_DATA"}, file)
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "vm": {"heap_bytes_per_sample": 0, "outcome": "NO_DATA"},
        "size": {"mpy_bytes_total": 1, "mpy_bytes": {"terminal.app": 1}},
    }
    for wrong in (None, True, [1]):
        with pytest.raises(bench.BenchError, match="vm.x is"):
            bench.merge("vm", {"x": wrong}, file)


def test_make_help_tells_of_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z_]+):", text))
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.split()[1] for line in done.stdout.splitlines()} == targets
