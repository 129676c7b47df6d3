"""Where the files are that go to a board: in a checkout, or in the installed wheel.

Owns: the four folders firmware/, firmware/simulation/, boards/ and the wire package.
Refuses: with FileNotFoundError, an installation that lacks them.
Units: none.

The wheel carries firmware/, boards/ and the recording that the demo replays as `steelyard/tree/`
(pyproject.toml); `steelyard_wire` is a package of its own in both cases, so its sources lie where
it was imported from.
"""

from pathlib import Path

import steelyard_wire


def root() -> Path:
    """The folder that holds firmware/ and boards/."""
    here = Path(__file__).resolve().parent
    for place in (here / "tree", here.parents[1]):
        if (place / "firmware" / "main.py").is_file():
            return place
    raise FileNotFoundError(f"{here}: neither a checkout nor a complete installation of steelyard")


def firmware() -> Path:
    """The sources of the terminal: boot.py, main.py and terminal/."""
    return root() / "firmware"


def simulation() -> Path:
    """The virtual terminal around the firmware."""
    return firmware() / "simulation"


def boards() -> Path:
    """The board files."""
    return root() / "boards"


def wire() -> Path:
    """The sources of the package steelyard_wire."""
    return Path(steelyard_wire.__file__).resolve().parent
