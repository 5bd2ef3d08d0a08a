"""The workers of lesson 01."""

import os

import pytest

from helpers import process, timeline


def run(mp, target, *args):
    child = mp.Process(target=target, args=args)
    child.start()
    child.join(60)
    return child


def test_square():
    assert process.square(-3) == 9


def test_introduce_prints_who_and_what(mp, method, capsys):
    child = run(mp, process.introduce, "hello")
    parent, me = capsys.readouterr().out.removesuffix(": hello\n").split(", ")
    assert me == f"child pid {child.pid}"
    assert (parent == f"parent pid {os.getpid()}") is (method != "forkserver")


@pytest.mark.parametrize(("limit", "primes"), [(2, 0), (3, 1), (10, 4), (26, 9), (100, 25)])
def test_count_primes(limit, primes):
    with timeline() as run:
        assert process.count_primes("primes", limit) == primes
    assert [(bar.label, bar.kind) for bar in run.bars()] == [("primes", "working")]


def test_download_and_nap_wait(mp):
    with timeline() as run_:
        run(mp, process.download, "file", 0.1)
        run(mp, process.nap, 0.1)
    waiting, napping = run_.bars("waiting") + run_.bars("working")
    assert waiting.label == "file"
    assert napping.label == "0.1 s"
    assert all(0.1 <= bar.end - bar.start < 5 for bar in (waiting, napping))


@pytest.mark.parametrize(
    ("way", "exitcode"), [("returning", 0), ("sys.exit(3)", 3), ("os._exit(4)", 4), ("an exception", 1)]
)
def test_end_with(mp, way, exitcode, capsys):
    assert run(mp, process.end_with, way).exitcode == exitcode
    assert ("ValueError" in capsys.readouterr().err) is (way == "an exception")


def test_only_a_forked_child_sees_a_changed_global(mp, method, monkeypatch):
    monkeypatch.setattr(process, "setting", "changed")
    with mp.Pool(1) as pool:
        assert pool.apply(process.get_setting) == ("changed" if method == "fork" else "as imported")


def test_parent_pid_is_who_asked(mp):
    with mp.Pool(1) as pool:
        assert pool.apply(process.parent_pid) == os.getpid()


def test_add_item_changes_a_copy(mp, capsys):
    items = ["here"]
    run(mp, process.add_item, items)
    assert items == ["here"]
    assert capsys.readouterr().out == "in the child: ['here', 'from the child']\n"


def test_what_print_writes_to(mp):
    with mp.Pool(1) as pool:
        assert pool.apply(process.what_print_writes_to) == "helpers.relay"
