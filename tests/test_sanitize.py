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
