"""Where the two interpreters differ, and nothing else.

Owns: `const`, and UTF-8 decoding that is as strict on MicroPython as on CPython.
Refuses: ill-formed UTF-8 with ValueError (RFC 3629).
Units: none.
"""


def const(value: int) -> int:
    """The identity; MicroPython's compiler folds `_NAME = const(...)` into the code."""
    return value


def utf8(data: bytes) -> str:
    """Decode UTF-8; ValueError for overlong forms, surrogates, values above U+10FFFF, stray bytes.

    MicroPython's own decoder lets all but the stray bytes pass.
    """
    text = data.decode()
    if len(text) != len(data):
        _check_multibyte(data)
    return text


def _check_multibyte(data: bytes) -> None:
    index = 0
    size = len(data)
    while index < size:
        lead = data[index]
        index += 1
        if lead < 0x80:
            continue
        # RFC 3629 section 4: the second byte has a narrower range after E0, ED, F0 and F4.
        low = {0xE0: 0xA0, 0xF0: 0x90}.get(lead, 0x80)
        high = {0xED: 0x9F, 0xF4: 0x8F}.get(lead, 0xBF)
        more = 1 if lead < 0xE0 else 2 if lead < 0xF0 else 3
        if not 0xC2 <= lead <= 0xF4 or index + more > size:
            raise ValueError("UTF-8")
        for at in range(index, index + more):
            if not low <= data[at] <= high:
                raise ValueError("UTF-8")
            low = 0x80
            high = 0xBF
        index += more
