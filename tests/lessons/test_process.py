"""The workers of lesson 01, and what its text says of Python where a comparison of the outputs can't tell."""

import multiprocessing
import os
import sys
import threading
import warnings

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
        assert pool.apply(process.what_print_writes_to) == "_io"


def test_a_traceback_says_which_process_and_which_line(mp, capsys):
    child = mp.Process(target=process.end_with, args=("an exception",), name="unlucky")
    child.start()
    child.join(60)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Process unlucky:"
    assert lines[-1] == "ValueError: this input makes no sense"
    assert [line for line in lines if "File" in line][-1].endswith("in end_with")


def test_the_default_start_method_is_what_the_text_says():
    default = "fork" if sys.version_info < (3, 14) else "forkserver"
    if sys.platform in ("win32", "darwin"):
        default = "spawn"
    assert multiprocessing.get_all_start_methods()[0] == default


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_warns_of_threads_from_python_3_12_on():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        child = multiprocessing.get_context("fork").Process(target=process.nap, args=(0,))
        thread = threading.Thread(target=child.start)  # so there are two
        thread.start()
        thread.join()
        child.join(60)
    texts = [str(each.message) for each in caught if "multi-threaded" in str(each.message)]
    assert len(texts) == (sys.version_info >= (3, 12))
    assert all(text.endswith("is multi-threaded, use of fork() may lead to deadlocks in the child.") for text in texts)
