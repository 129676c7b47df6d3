"""Runs first on every board, after the stock _boot.py has mounted the flash."""

import slots

slots.enter()
