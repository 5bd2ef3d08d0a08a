"""Runs CPython's own tests of multiprocessing on `mp`, and on the plain context to compare.

    python tests/tools/cpython.py [START_METHOD ...]

Prints what fails on `mp` and passes on the plain context; that must be nothing. It takes minutes, so it is not part of
`pytest`. Needs a Python that ships its `test` package (Debian: libpython3-testsuite).
"""

import importlib
import json
import multiprocessing
import subprocess
import sys
import unittest

NAMES = [
    *("Process", "Pool", "Queue", "JoinableQueue", "SimpleQueue", "Pipe", "Lock", "RLock", "Semaphore"),
    *("BoundedSemaphore", "Condition", "Event", "Barrier", "Value", "Array", "RawValue", "RawArray", "Manager"),
    *("current_process", "parent_process", "active_children"),
]


def run(which: str, method: str) -> dict[str, str]:
    """Run the tests under one start method; returns each test's outcome by its name."""
    if which == "mp":
        from helpers import mp

        for name in NAMES:
            setattr(multiprocessing, name, getattr(mp.get_context(method), name))
    package = importlib.import_module(f"test.test_multiprocessing_{method}")
    modules = [package]
    if hasattr(package, "load_tests"):  # Python 3.12 and newer
        modules = [importlib.import_module(f"{package.__name__}.{name}") for name in ("test_processes", "test_misc")]
    outcome = {}

    class Result(unittest.TextTestResult):
        def addSuccess(self, test):
            outcome[test.id()] = "passed"

        def addError(self, test, error):
            super().addError(test, error)
            outcome[test.id()] = "failed"

        addFailure = addError

    for module in modules:
        suite = unittest.TestSuite()
        for name, value in sorted(vars(module).items()):
            if name.startswith(("WithThreads", "TestStartMethod")):  # of threads; of multiprocessing's own default
                continue
            if isinstance(value, type) and issubclass(value, unittest.TestCase):
                suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(value))
        unittest.TextTestRunner(resultclass=Result).run(suite)
    return outcome


def main(methods: list[str]) -> int:
    worse = 0
    for method in methods:
        outcomes = {}
        for which in ("plain", "mp"):
            command = [sys.executable, __file__, "--one", which, method]
            done = subprocess.run(command, capture_output=True, text=True, timeout=1500)
            try:
                outcomes[which] = json.loads(done.stdout.splitlines()[-1])
            except (IndexError, ValueError):
                print(done.stderr[-3000:])
                raise
        only = [test for test, how in outcomes["plain"].items() if how == "passed" != outcomes["mp"].get(test)]
        passed = [sum(how == "passed" for how in outcomes[which].values()) for which in ("plain", "mp")]
        print(f"{method}: {passed[0]} pass on the plain context, {passed[1]} on mp, {len(only)} only on the plain one")
        for test in only:
            print(f"    {test}")
        worse += len(only)
    return 1 if worse else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print("\n" + json.dumps(run(*sys.argv[2:])))
    else:
        sys.exit(main(sys.argv[1:] or sorted(multiprocessing.get_all_start_methods())))
