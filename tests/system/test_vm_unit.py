"""The unit tests once more, inside the MicroPython VMs.

Owns: the run of every tests/unit/test_*.py in the unix VM (64 bit) and in the 32-bit wasm VM. A
file that the wasm VM cannot run says so in a line `# needs: viper` (native code) or
`# needs: littlefs`; there is no other reason.
Refuses: to leave the wasm VM out in silence: without it the failure names `make setup`.
Units: none.
"""

import re
from pathlib import Path

import pytest
import vms

UNIT = vms.ROOT / "tests" / "unit"
FILES = sorted(path.stem for path in UNIT.glob("test_*.py"))


def _runs_on_wasm(name: str) -> bool:
    source = (UNIT / f"{name}.py").read_text(encoding="utf-8")
    return not re.search(r"^# needs: (viper|littlefs)\b", source, re.MULTILINE)


def _passed(output: str) -> int:
    last = output.strip().splitlines()[-1]
    tally = re.fullmatch(r"(\d+) passed, 0 failed", last)
    assert tally, output
    return int(tally[1])


def _count(name: str) -> int:
    source = (UNIT / f"{name}.py").read_text(encoding="utf-8")
    return len(re.findall(r"^def test_", source, re.MULTILINE))


@pytest.mark.parametrize("name", FILES)
def test_in_the_unix_vm(name: str) -> None:
    output = vms.run_micropython(UNIT / "run.py", argv=(name,), timeout=300)
    assert _passed(output) == _count(name)


@pytest.mark.parametrize("name", [name for name in FILES if _runs_on_wasm(name)])
def test_in_the_32_bit_vm(name: str) -> None:
    output = vms.run_wasm(UNIT / "run.py", argv=(name,), timeout=300)
    assert _passed(output) == _count(name)


def test_a_failing_test_fails_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "unit"
    folder.mkdir(parents=True)
    (folder / "run.py").write_bytes((UNIT / "run.py").read_bytes())
    (folder / "test_planted.py").write_text("def test_a(): pass\ndef test_b(): assert 0\n")
    with pytest.raises(vms.ScriptFailed, match="1 passed, 1 failed"):
        vms.run_micropython(folder / "run.py", argv=("test_planted",))
    with pytest.raises(vms.ScriptFailed, match="1 passed, 1 failed"):
        vms.run_wasm(folder / "run.py", argv=("test_planted",))


def test_a_run_without_tests_fails(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "unit"
    folder.mkdir(parents=True)
    (folder / "run.py").write_bytes((UNIT / "run.py").read_bytes())
    (folder / "test_empty.py").write_text("value = 1\n")
    for names in ((), ("test_empty",)):
        with pytest.raises(vms.ScriptFailed, match="0 passed"):
            vms.run_micropython(folder / "run.py", argv=names)
