"""`show_error`: what it prints, and what it lets through."""

import pytest

from helpers import mp, show_error
from helpers.errors import without_folders


def test_it_prints_the_traceback_and_goes_on(capsys):
    with show_error():
        raise KeyError("lost")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith('Traceback (most recent call last):\n  File "test_errors.py", line ')
    assert err.endswith("KeyError: 'lost'\n")


def test_it_prints_nothing_when_nothing_is_raised(capsys):
    with show_error():
        pass
    assert capsys.readouterr() == ("", "")


def test_what_a_worker_raised_is_above_the_parents_own(capsys):
    with show_error(), mp.Pool(1) as pool:
        pool.apply(divmod, (1, 0))
    err = capsys.readouterr().err
    assert err.startswith('multiprocessing.pool.RemoteTraceback: \n"""\nTraceback (most recent call last):\n')
    assert 'File "multiprocessing/pool.py"' in err
    assert "The above exception was the direct cause" in err
    assert "/lib/" not in err


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_cell_goes_through(kind):
    with pytest.raises(kind), show_error():
        raise kind


def test_folders():
    text = (
        '  File "/tmp/ipykernel_12/345.py", line 1\n  File "C:\\Users\\me\\my_workers.py", line 2\n'
        '  File "/lib/python3.15/concurrent/futures/process.py", line 3\n  File "<string>", line 4\n'
    )
    assert without_folders(text) == (
        '  File "<cell>", line 1\n  File "my_workers.py", line 2\n'
        '  File "concurrent/futures/process.py", line 3\n  File "<string>", line 4\n'
    )
