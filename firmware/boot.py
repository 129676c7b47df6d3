"""Runs first on every board. Nothing to do yet: the stock _boot.py has mounted the flash."""
