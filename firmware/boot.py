"""Runs first on every board, after the stock _boot.py has mounted the flash.

Of a sealed terminal no byte on the console is more than a byte from here on.
"""

import os

import micropython

micropython.kbd_intr(-1)
if "state" not in os.listdir("/") or "sealed.cbor" not in os.listdir("/state"):
    micropython.kbd_intr(3)

import slots  # noqa: E402 - after it

slots.enter()
