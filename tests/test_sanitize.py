"""Each rule of the sanitizer matches its sample, and lets a real defect through."""

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

TESTS = Path(__file__).parent

# By the rule's name: a stored output, what another run may print, and what must still be noticed.
SAMPLES = {
    "process ids": (
        "parent pid 9, child pid 10: hello",
        "parent pid 4711, child pid 123456: hello",
        "parent pid 9, child pid None: hello",
    ),
    "a file that a lesson writes may be there from the run before": (
        "Writing my_workers.py",
        "Overwriting my_workers.py",
        "Writing my_other.py",
    ),
    "folders in a traceback": (
        '  File "helpers/pool.py", line 9, in f\n  File "my_workers.py", line 3\n',
        '  File "/home/me/lib/helpers/pool.py", line 9, in f\n  File "C:\\my folder\\my_workers.py", line 3\n',
        '  File "/home/me/lib/helpers/pool.py", line 8, in f\n  File "C:\\my folder\\my_workers.py", line 3\n',
    ),
    "the standard library's own frames in a traceback, which differ between versions of Python": (
        'Traceback:\n  File "multiprocessing/process.py", line 314, in _bootstrap\n    self.run()\n'
        '  File "my_w.py", line 1\n',
        'Traceback:\n  File "multiprocessing/process.py", line 320, in _bootstrap\n    self.run()\n    ~~~~~~~~^^\n'
        '  File "<frozen runpy>", line 3, in run\n  File "my_w.py", line 1\n',
        'Traceback:\n  File "my_w.py", line 2\n',
    ),
    "marks below a line of a traceback, which differ between versions of Python": (
        "    return 1 / 0\n           ~~^~~\nZeroDivisionError\n",
        "    return 1 / 0\nZeroDivisionError\n",
        "    return 2 / 0\nZeroDivisionError\n",
    ),
    "a line on a start method that this system does not have": (
        "fork: changed\nforkserver: as imported\nspawn: as imported\n",
        "spawn: as imported\n",
        "spawn: changed\n",
    ),
}


def rules() -> dict[str, tuple[str, str]]:
    text = "".join((TESTS / name).read_text() for name in ("sanitize.cfg", "sanitize_without_fork.cfg"))
    names = re.findall(r"^\[(.*)\]$", text, re.MULTILINE)
    return dict(zip(names, get_sanitize_patterns(text), strict=True))


def test_every_rule_has_a_sample():
    assert set(rules()) == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_rule(name):
    stored, another_run, defect = (re.sub(*rules()[name], text) for text in SAMPLES[name])
    assert SAMPLES[name][0] != SAMPLES[name][1]
    assert stored == another_run
    assert stored != defect
