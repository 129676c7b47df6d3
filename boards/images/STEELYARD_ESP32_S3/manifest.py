"""The frozen code of the sealed ESP32-S3 image.

Owns: nothing of its own; ../frozen.py does. Refuses: nothing. Units: none.
"""

include("../frozen.py", board="STEELYARD_ESP32_S3", port=[])  # noqa: F821
