"""What a sealed image would freeze: its manifest, run as MicroPython's makemanifest.py runs it.

Owns: a copy of the tree that images are built from, with what a build leaves in it.
Refuses: with AssertionError, a file that is not there and a name that is frozen twice.
Units: none.

Only include() and module() of a path are known here, as MicroPython documents them; what comes
from its own tree is noted. A real build does the rest (docs/sealing.md).
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "boards" / "images"
BOARDS = ("STEELYARD_RP2350", "STEELYARD_ESP32_S3")


@dataclass
class Manifest:
    """files: name under which a file is frozen -> the file. port: names of the port's modules."""

    files: dict[str, Path] = field(default_factory=dict)
    port: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)

    def include(self, path: str, **given: Any) -> None:
        """Run a manifest in its own folder."""
        if path.startswith("$("):
            self.libraries.append(path)
            return
        file = Path(path).resolve()
        names = {
            "include": self.include,
            "module": self.module,
            "options": SimpleNamespace(**given),
        }
        before = Path.cwd()
        os.chdir(file.parent)
        try:
            exec(compile(file.read_text(encoding="utf-8"), file, "exec"), names)
        finally:
            os.chdir(before)

    def module(self, name: str, base_path: str = ".") -> None:
        """Freeze one file under its path below `base_path`."""
        if base_path.startswith("$("):
            self.port.append(name)
            return
        file = Path(base_path).resolve() / name
        assert file.is_file(), file
        assert name not in self.files, name
        self.files[name] = file


def copy_tree(folder: Path) -> Path:
    """What an image is built from, copied: a build writes into the folder of its board."""
    skip = shutil.ignore_patterns("__pycache__", "simulation", "build")
    for name in ("boards", "firmware", "protocol"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    return folder


def manifest(tree: Path, board: str) -> Manifest:
    """The manifest of a board definition, run in the copied tree."""
    made = Manifest()
    made.include(str(tree / "boards" / "images" / board / "manifest.py"))
    return made
