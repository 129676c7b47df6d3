"""Runs after boot.py: the weighing terminal."""

from terminal.app import main

main()
