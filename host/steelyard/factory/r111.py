"""OIML R 111-1:2004 in numbers: the maximum permissible errors of weights.

Owns: Table 1 (clause 5.1) for the classes E2 to M3, and 5.2: how uncertain a weight may be.
Refuses: ValueError, a nominal value or a class that the table does not have.
Units: grams, exact (Fraction).

The table was compared with reprints of it (a maker's, a laboratory's, for M1 to M3 a Greek rule
for trade weights) and not with the official text. The laboratory's has a slip: 0.02 mg for 5 mg of
class M1.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

CLASSES = ("E2", "F1", "F2", "M1", "M2", "M3")  # the best first
# 5.2: the expanded uncertainty (k = 2) is a third of the maximum permissible error at most.
UNCERTAINTY = Fraction(1, 3)

# Nominal value in g: maximum permissible errors in mg, as CLASSES; "-": there is no such weight.
_TABLE_1 = """
5000000 -     25000 80000 250000 800000 2500000
2000000 -     10000 30000 100000 300000 1000000
1000000 1600  5000  16000 50000  160000 500000
500000  800   2500  8000  25000  80000  250000
200000  300   1000  3000  10000  30000  100000
100000  160   500   1600  5000   16000  50000
50000   80    250   800   2500   8000   25000
20000   30    100   300   1000   3000   10000
10000   16    50    160   500    1600   5000
5000    8     25    80    250    800    2500
2000    3     10    30    100    300    1000
1000    1.6   5     16    50     160    500
500     0.8   2.5   8     25     80     250
200     0.3   1     3     10     30     100
100     0.16  0.5   1.6   5      16     50
50      0.1   0.3   1     3      10     30
20      0.08  0.25  0.8   2.5    8      25
10      0.06  0.2   0.6   2      6      20
5       0.05  0.16  0.5   1.6    5      16
2       0.04  0.12  0.4   1.2    4      12
1       0.03  0.1   0.3   1      3      10
0.5     0.025 0.08  0.25  0.8    2.5    -
0.2     0.02  0.06  0.2   0.6    2      -
0.1     0.016 0.05  0.16  0.5    1.6    -
0.05    0.012 0.04  0.12  0.4    -      -
0.02    0.01  0.03  0.1   0.3    -      -
0.01    0.008 0.025 0.08  0.25   -      -
0.005   0.006 0.02  0.06  0.2    -      -
0.002   0.006 0.02  0.06  0.2    -      -
0.001   0.006 0.02  0.06  0.2    -      -
"""


def _table() -> dict[Fraction, dict[str, Fraction]]:
    found = {}
    for line in _TABLE_1.split("\n"):
        if line:
            nominal, *errors = line.split()
            found[Fraction(nominal)] = {
                name: Fraction(error) / 1000
                for name, error in zip(CLASSES, errors, strict=True)
                if error != "-"
            }
    return found


TABLE_1 = _table()
NOMINALS = tuple(sorted(TABLE_1))


def mpe(nominal: Fraction, name: str) -> Fraction:
    """The maximum permissible error of a weight of this class; ValueError: there is none."""
    if name not in CLASSES:
        raise ValueError(f"the classes of weights are {', '.join(CLASSES)}, not {name}")
    try:
        return TABLE_1[nominal][name]
    except KeyError:
        raise ValueError("R 111-1, Table 1 has no such weight") from None


def poorest(nominals: Iterable[Fraction], most: Fraction) -> tuple[str, Fraction] | None:
    """The poorest class of which such weights together are not more than `most` wrong.

    With what they may be wrong together; None: not even the best class will do.
    """
    wanted = list(nominals)
    for name in reversed(CLASSES):
        if all(name in TABLE_1.get(nominal, {}) for nominal in wanted):
            together = sum((mpe(nominal, name) for nominal in wanted), Fraction(0))
            if together <= most:
                return name, together
    return None
