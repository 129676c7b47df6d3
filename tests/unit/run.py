"""Runs unit tests where there is no pytest: `micropython tests/unit/run.py test_wire_cbor ...`.

Owns: sys.path for the tests, the call of every function whose name begins with test_, the tally.
Refuses: to call a module without tests, or a run without modules, passed: exit code 1.
Units: none.
"""

import sys


def _path(file):
    """Absolute path of the repository, from the path this script was started with."""
    import os

    file = file.replace("\\", "/")
    if not file.startswith("/") and ":" not in file:
        file = os.getcwd() + "/" + file
    return file.rsplit("/", 3)[0]


def _print(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(error, file=sys.stdout)


def run(names):
    """Run the test modules; returns (passed, failed)."""
    passed = failed = 0
    for name in names:
        module = __import__(name)
        tests = sorted([item for item in dir(module) if item.startswith("test_")])
        if not tests:
            print("FAIL", name, "has no tests")
            failed += 1
        for test in tests:
            try:
                getattr(module, test)()
            except Exception as error:  # noqa: BLE001  whatever a test raises is its failure
                print("FAIL", name + "." + test)
                _print(error)
                failed += 1
            else:
                passed += 1
    return passed, failed


def main():
    """Run the modules named as arguments and exit."""
    root = _path(sys.argv[0])
    for place in ("/tests/unit", "/firmware", "/protocol"):
        sys.path.insert(0, root + place)
    passed, failed = run(sys.argv[1:])
    print(str(passed) + " passed, " + str(failed) + " failed")
    sys.exit(0 if passed and not failed else 1)


if __name__ == "__main__":
    main()
