"""Work in slices: generators that yield how much they did, and return what came of it.

Owns: running one to its end. Refuses: nothing. Units: as the generator's.
"""


def finish(steps):
    """Run a generator of work to its end; what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
