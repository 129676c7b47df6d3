"""Tools that make the generated files of the tree, and check that they are what the tool makes.

Owns: nothing at run time; each module is a program (`python -m steelyard.generate.comb`).
Refuses: `--check` ends with exit code 1 when a file differs.
"""
