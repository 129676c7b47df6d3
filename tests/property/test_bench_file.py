"""The file that names the places of a bench: what is refused says where.

Owns: the sentences of bench.read and bench.check. Units: none.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from steelyard.errors import UserError
from steelyard.factory import bench


def test_a_bench_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    for text, words in {
        "": "the file does not say terminal",
        "x = 1": "the file says x, which nothing reads",
        "terminal = 5": r"it has no \[\[terminal\]\]",
        "terminal = []": r"it has no \[\[terminal\]\]",
        "terminal = [5]": r"there is no table \[terminal 1\]",
        "[[terminal]]": "terminal 1 does not say address",
        '[[terminal]]\naddress = "a"\n[[terminal]]\naddress = 5': "terminal 2: address is a text",
        '[[terminal]]\naddress = "a"\nport = 5': "terminal 1 says port, which nothing reads",
        "[[": "is no TOML",
    }.items():
        path.write_text(text)
        with pytest.raises(UserError, match=f"bench.toml.*{words}"):
            bench.read(path)
    with pytest.raises(UserError, match="cannot be read"):
        bench.read(tmp_path / "none.toml")
    rows = '[[terminal]]\naddress = "a"\nworld = "w"\n[[terminal]]\naddress = "b"\n'
    path.write_text(rows)
    with pytest.raises(UserError, match="a weight handler each"):
        bench.check(bench.read(path))
    for name in ("address", "serial", "world", "handler"):
        places = [bench.Place(**{"address": at, "handler": at, name: "same"}) for at in ("a", "b")]
        with pytest.raises(UserError, match=f"two terminals of the bench have one {name}: same"):
            bench.check(places)
    bench.check([bench.Place("a", handler="h"), bench.Place("b", world="w")])
    bench.check([bench.Place("a")])
