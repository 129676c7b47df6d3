"""What unit tests share on both interpreters.

Owns: the expectation of an exception, and the golden cases of protocol/vectors with their notation
for what JSON lacks: {"hex": "..."} is bytes, {"map": [[key, value], ...]} a map with any keys.
Refuses: with AssertionError, as a test does.
Units: none.
"""

import json
from binascii import unhexlify

_VECTORS = __file__.replace("\\", "/").rsplit("/", 3)[0] + "/protocol/vectors/"


def raises(exc, fn, *args):
    """Call fn(*args), which must raise `exc`; returns the exception."""
    try:
        result = fn(*args)
    except exc as error:
        return error
    raise AssertionError("not refused: " + repr(args) + " gave " + repr(result))


def refused(code, fn, *args):
    """Call fn(*args), which must raise Refused with this code; returns the exception."""
    from steelyard_wire.codes import Refused

    error = raises(Refused, fn, *args)
    assert error.code == code, (error.code, error.detail, args)
    return error


def vectors(name):
    """The content of protocol/vectors/NAME.json, its notation resolved."""
    with open(_VECTORS + name + ".json", "rb") as file:
        return value(json.load(file))


def value(item):
    """An item of a vector file with bytes and maps in place of their notation."""
    if isinstance(item, list):
        return [value(part) for part in item]
    if isinstance(item, dict):
        if len(item) == 1 and "hex" in item:
            return unhexlify(item["hex"])
        if len(item) == 1 and "map" in item:
            return {key: value(part) for key, part in item["map"]}
        return {key: value(part) for key, part in item.items()}
    return item
