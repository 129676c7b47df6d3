"""Deterministic CBOR (RFC 8949 section 4.2.1), the part that records need.

Owns: the one encoding of integers, byte and text strings, arrays, maps, null, false, true.
Refuses: encoding: values that it cannot represent, Refused(ARGUMENT). Decoding: every other
encoding, Refused(SYNTAX): longer forms, indefinite lengths, tags, floats, undefined, unsorted or
repeated keys, keys that are neither integer nor text, ill-formed UTF-8, a tail, depth above 6.
Units: integers -2**64 .. 2**64-1.
"""

from steelyard_wire.codes import ARGUMENT, SYNTAX, Refused
from steelyard_wire.shim import const, utf8

_UINT = const(0)
_NEGATIVE = const(1)
_BYTES = const(2)
_TEXT = const(3)
_ARRAY = const(4)
_MAP = const(5)
_FALSE = const(0xF4)
_TRUE = const(0xF5)
_NULL = const(0xF6)
_MAX_DEPTH = const(6)


def head(major: int, value: int) -> bytes:
    """The shortest head: major type 0..7 with its argument (RFC 8949 section 3).

    Refused(ARGUMENT) unless 0 <= value < 2**64.
    """
    if not 0 <= value < 1 << 64:
        raise Refused(ARGUMENT, "integer range")
    top = major << 5
    if value < 24:
        return bytes((top | value,))
    if value < 0x100:
        return bytes((top | 24, value))
    if value < 0x10000:
        return bytes((top | 25,)) + value.to_bytes(2, "big")
    if value < 1 << 32:
        return bytes((top | 26,)) + value.to_bytes(4, "big")
    return bytes((top | 27,)) + value.to_bytes(8, "big")


def encode(value: object) -> bytes:
    """Encode int, bytes, str, list, tuple, dict (keys int or str), None, bool.

    Refused(ARGUMENT) for other types, integers out of range, depth above 6.
    """
    out = bytearray()
    _encode(out, value, 0)
    return bytes(out)


def _encode(out: bytearray, value: object, depth: int) -> None:
    if value is None:
        out.append(_NULL)
    elif value is True:
        out.append(_TRUE)
    elif value is False:
        out.append(_FALSE)
    elif isinstance(value, int):
        out += head(_UINT, value) if value >= 0 else head(_NEGATIVE, -1 - value)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        out += head(_BYTES, len(value))
        out += value
    elif isinstance(value, str):
        try:
            raw = value.encode()
        except ValueError:
            raise Refused(ARGUMENT, "text")
        out += head(_TEXT, len(raw))
        out += raw
    elif depth >= _MAX_DEPTH:
        raise Refused(ARGUMENT, "depth")
    elif isinstance(value, (list, tuple)):
        out += head(_ARRAY, len(value))
        for item in value:
            _encode(out, item, depth + 1)
    elif isinstance(value, dict):
        out += head(_MAP, len(value))
        for key, name in sorted([(_key(name), name) for name in value]):
            out += key
            _encode(out, value[name], depth + 1)
    else:
        raise Refused(ARGUMENT, "type")


def _key(name: object) -> bytes:
    if not isinstance(name, (int, str)) or name is True or name is False:
        raise Refused(ARGUMENT, "key")
    return encode(name)


def decode(data: bytes) -> object:
    """Decode one item that fills `data`; Refused(SYNTAX) unless it is encoded as above."""
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise Refused(SYNTAX, "CBOR tail")
    return value


def read_head(data: bytes, at: int) -> tuple[int, int, int]:
    """(major type, argument, end) of the head at `at`; Refused(SYNTAX) unless it is shortest."""
    if at >= len(data):
        raise Refused(SYNTAX, "CBOR end")
    major = data[at] >> 5
    value = data[at] & 31
    at += 1
    if value < 24:
        return major, value, at
    if value > 27 or major == 7:
        # Indefinite or reserved lengths; with major type 7: floats and one-byte simple values.
        raise Refused(SYNTAX, "CBOR head")
    size = 1 << value - 24
    if at + size > len(data):
        raise Refused(SYNTAX, "CBOR end")
    value = int.from_bytes(data[at : at + size], "big")
    if value < 24 or (size > 1 and not value >> 4 * size):
        raise Refused(SYNTAX, "CBOR form")
    return major, value, at + size


def _decode(data: bytes, at: int, depth: int) -> tuple[object, int]:
    start = at
    major, value, at = read_head(data, at)
    if major == _UINT:
        return value, at
    if major == _NEGATIVE:
        return -1 - value, at
    if major == _BYTES or major == _TEXT:
        end = at + value
        if end > len(data):
            raise Refused(SYNTAX, "CBOR end")
        if major == _BYTES:
            return bytes(data[at:end]), end
        try:
            return utf8(bytes(data[at:end])), end
        except ValueError:
            raise Refused(SYNTAX, "CBOR text")
    if major == _ARRAY or major == _MAP:
        if depth >= _MAX_DEPTH:
            raise Refused(SYNTAX, "CBOR depth")
        if major == _ARRAY:
            return _decode_array(data, at, depth + 1, value)
        return _decode_map(data, at, depth + 1, value)
    for code, simple in ((_NULL, None), (_FALSE, False), (_TRUE, True)):
        if data[start] == code:
            return simple, at
    raise Refused(SYNTAX, "CBOR type")


def _decode_array(data: bytes, at: int, depth: int, count: int) -> tuple[list[object], int]:
    # `count` may be any number; each item takes a byte, so the data ends the loop.
    items: list[object] = []
    while len(items) < count:
        item, at = _decode(data, at, depth)
        items.append(item)
    return items, at


def _decode_map(data: bytes, at: int, depth: int, count: int) -> tuple[dict[object, object], int]:
    result: dict[object, object] = {}
    last = b""
    while len(result) < count:
        start = at
        if at < len(data) and data[at] >> 5 not in (_UINT, _NEGATIVE, _TEXT):
            raise Refused(SYNTAX, "CBOR key")
        name, at = _decode(data, at, depth)
        key = bytes(data[start:at])
        # Strictly increasing keys are both sorted and unique.
        if key <= last:
            raise Refused(SYNTAX, "CBOR key order")
        last = key
        result[name], at = _decode(data, at, depth)
    return result, at
