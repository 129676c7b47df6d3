"""Modules that are needed once in a while: loaded for a call, and let go of after it.

Owns: nothing. Refuses: what the called function refuses. Units: none.

Code that came from the file system lies in the heap for as long as somebody knows of it, about
1.45 times its .mpy file. What only a start or a change of settings needs is loaded each time.
"""

import sys

_OURS = ("terminal", "steelyard_wire", "slots")


def forget(module: str) -> None:
    """Let go of a module, a dotted name, if it is loaded."""
    if module in sys.modules:
        del sys.modules[module]
        at = module.rfind(".")
        if at > 0:
            delattr(sys.modules[module[:at]], module[at + 1 :])


def call(module: str, function: str, *args):
    """The result of a function of `module`, a dotted name; what it needed too is let go of."""
    there = set(sys.modules)
    try:
        __import__(module)
        return getattr(sys.modules[module], function)(*args)
    finally:
        for name in list(sys.modules):
            if name not in there and name.split(".")[0] in _OURS:
                forget(name)
