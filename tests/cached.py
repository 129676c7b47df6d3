"""The firmware's modules on CPython: terminal.cold loads some again and again.

Owns: the code of each, compiled and found once in a run. Refuses: nothing. Units: none.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections.abc import Sequence
from types import CodeType, ModuleType


class Modules:
    """terminal.cold loads modules again and again: the code of each is compiled once."""

    def __init__(self) -> None:
        self._code: dict[str, tuple[str, CodeType] | None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """As a finder's."""
        if path is None or name.partition(".")[0] not in ("terminal", "steelyard_wire"):
            return None
        if name not in self._code:
            found = importlib.machinery.PathFinder.find_spec(name, path)
            plain = found is not None and found.submodule_search_locations is None
            self._code[name] = (found.origin, found.loader.get_code(name)) if plain else None
        if self._code[name] is None:
            return None
        return importlib.util.spec_from_file_location(name, self._code[name][0], loader=self)

    def create_module(self, _spec: object) -> None:
        """As a loader's."""

    def exec_module(self, module: ModuleType) -> None:
        """As a loader's."""
        exec(self._code[module.__name__][1], module.__dict__)


MODULES = Modules()
