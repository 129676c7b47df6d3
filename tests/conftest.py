"""Where the tests find what they test.

Owns: sys.path: `steelyard_wire`, the device code and the helpers of the tests.
Refuses: nothing.
Units: none.
"""

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parent
_ROOT = _TESTS.parent

for place in (_ROOT / "protocol", _ROOT / "firmware", _ROOT / "host", _TESTS, _TESTS / "unit"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))
