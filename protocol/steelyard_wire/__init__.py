"""What travels between a Steelyard terminal and its host, defined once for both.

Owns: the service line, its command and error tables, records and their envelopes, the hash tree,
the session code, the software identification. Specified in protocol/README.md.
Refuses: with `codes.Refused` and nothing else, whatever bytes a decoder is given.
Units: bytes and integers; quantities are [mantissa, decimal exponent, unit]. No float, no I/O.

The same files run on CPython 3.11 and MicroPython.
"""

from steelyard_wire.codes import PROTOCOL as PROTOCOL
