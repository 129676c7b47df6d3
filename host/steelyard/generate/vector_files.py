"""The files of golden cases: their notation, and how they are written or compared.

Owns: the form of protocol/vectors/*.json. Refuses: nothing. Units: none.
"""

import json
from collections.abc import Mapping
from pathlib import Path

VECTORS = Path(__file__).resolve().parents[3] / "protocol" / "vectors"


def notation(value: object) -> object:
    """`value` as a vector file writes it: bytes as {"hex"}, maps as {"map": pairs}."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {"map": [[key, notation(value[key])] for key in value]}
    if isinstance(value, list):
        return [notation(item) for item in value]
    return value


def text_of(content: dict[str, object]) -> str:
    """The file: one case per line, so that a change shows as one line."""
    lists = []
    for name, items in content.items():
        if isinstance(items, list):
            body = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in items)
            lists.append(f"  {json.dumps(name)}: [\n{body}\n  ]")
        else:
            lists.append(f"  {json.dumps(name)}: {json.dumps(items)}")
    return "{\n" + ",\n".join(lists) + "\n}\n"


def write(made: Mapping[str, dict[str, object]], check: bool) -> int:
    """Write files of golden cases, or compare them; the exit code."""
    stale = 0
    for name, content in made.items():
        path = VECTORS / f"{name}.json"
        text = text_of(content)
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(f"{path.name} differs from what its generator makes; run it without --check")
                stale = 1
        else:
            path.write_text(text, encoding="utf-8")
    return stale
