"""The names of the filter's profiles.

Owns: their numbers, as the configuration has them. Refuses: nothing. Units: none.
"""

DEFAULT = 0
RINGING = 1
STIFF = 2
DOSING = 3
VIBRATING = 4
ANIMAL = 5

STEPS = 16  # of the load up to Max, for a frequency that falls with it
