"""The frozen code of the sealed RP2350 image.

Owns: nothing of its own; ../frozen.py does. Refuses: nothing. Units: none.
"""

include("../frozen.py", board="STEELYARD_RP2350", port=["rp2.py"])  # noqa: F821
