"""Each rule of the sanitizer matches its sample, and lets a real defect through."""

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

TESTS = Path(__file__).parents[1]

# By the rule's name: a stored output, what another run may print, and what must still be noticed.
SAMPLES = {
    "the frame of a notebook's cell, as IPython 7 names it (Colab has that)": (
        '  File "<cell>", line 6, in <module>\n    second.recv()\n',
        '  File "<cell>", line 6, in <cell line: 0>\n    second.recv()\n',
        '  File "<cell>", line 6, in f\n    second.recv()\n',
    ),
    "an image's file, which an older Pillow names with its folders, and Windows with a backslash": (
        "cannot identify image file 'photos/a.png'\ncannot identify image file 'photos/b.png'\n",
        "cannot identify image file '/tmp/x/photos/a.png'\ncannot identify image file 'photos\\\\b.png'\n",
        "cannot identify image file '/tmp/x/photos/a.png'\ncannot identify image file 'photos/c.png'\n",
    ),
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
    "numbers of a pool's workers, which its start method names": (
        "Process SpawnPoolWorker-65:\nProcess ForkPoolWorker-3:2: done\n",
        "Process ForkServerPoolWorker-7:\nProcess SpawnPoolWorker-12: done\n",
        "Process SpawnProcess-65:\nProcess ForkPoolWorker-3:2: done\n",
    ),
    "addresses of objects": (
        "<generator object squares at 0x7f24ad5ffe60>",
        "<generator object squares at 0x000001F24AD5FFE6>",
        "<generator object cubes at 0x7f24ad5ffe60>",
    ),
    "numbers of threads": (
        "Exception in thread Thread-111 (_handle_results):\nThread-9 (_handle_results): 42",
        "Exception in thread Thread-8 (_handle_results):\nThread-10 (_handle_results): 42",
        "Exception in thread Thread-111 (_handle_results):\nThread-9 (_handle_tasks): 42",
    ),
    "the kernel's own frames in a traceback, which differ between versions of ipykernel": (
        'Traceback:\n  File "my_w.py", line 1\n',
        'Traceback:\n  File "/lib/ipykernel/ipkernel.py", line 783, in run_closure\n    _threading_Thread_run(self)\n'
        '  File "my_w.py", line 1\n',
        'Traceback:\n  File "ipkernel.py", line 783, in run_closure\n    _threading_Thread_run(self)\n'
        '  File "my_w.py", line 2\n',
    ),
    "Python 3.14 and newer say where in an object pickling failed": (
        "RuntimeError: Lock objects should only be shared\n",
        "RuntimeError: Lock objects should only be shared\nwhen serializing tuple item 0\n"
        "when serializing functools.partial state\n",
        "RuntimeError: objects should only be shared\nwhen serializing tuple item 0\n",
    ),
    "a lambda that can't be pickled, as Python 3.14 says it": (
        "PicklingError: Can't pickle <function <lambda> at ADDRESS>: attribute lookup <lambda> on __main__ failed\n",
        "PicklingError: Can't pickle <function <lambda> at ADDRESS>: it's not found as __main__.<lambda>\n",
        "PicklingError: Can't pickle <function <lambda> at ADDRESS>: it's not found as helpers.pool.<lambda>\n",
    ),
    "a local function that can't be pickled, as Python 3.13 and 3.14 say it": (
        3 * "AttributeError: Can't pickle local object 'power.<locals>.raised'\n",
        "AttributeError: Can't get local object 'power.<locals>.raised'\n"
        "PicklingError: Can't pickle local object <function power.<locals>.raised at 0x7f5060417950>\n"
        "_pickle.PicklingError: Can't pickle local object <function power.<locals>.raised at ADDRESS>\n",
        3 * "AttributeError: Can't pickle local object 'power.<locals>.lowered'\n",
    ),
    "Python 3.15 says how the process of an executor ended": (
        "Traceback: BrokenProcessPool: terminated abruptly\n",
        "concurrent.futures.process._RemoteTraceback: \n'''\nProcess 12987 terminated abruptly with exit code -9'''\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback: BrokenProcessPool: terminated abruptly\n",
        "concurrent.futures.process._RemoteTraceback: \n'''\nTypeError: BadRow'''\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback: BrokenProcessPool: terminated abruptly\n",
    ),
    "a package's file in a traceback, as Windows writes it": (
        'File "helpers/process.py", line 9, in f\n',
        'File "helpers\\process.py", line 9, in f\n',
        'File "helpers\\process.py", line 8, in f\n',
    ),
    "a file that a program names, as Windows writes it": (
        "No such file or directory: 'my_site/gone.html'",
        r"No such file or directory: 'my_site\\gone.html'",
        r"No such file or directory: 'my_site\\a.html'",
    ),
    "a pipe's end, which Windows notices by an error": (
        "Process PoolWorker:\nTraceback (most recent call last):\nEOFError\n",
        "Process PoolWorker:\nTraceback (most recent call last):\nBrokenPipeError: [Errno 32] Broken pipe\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\nEOFError\n",
        "Process PoolWorker:\nTraceback (most recent call last):\nBrokenPipeError: [Errno 32] Broken pipe\n",
    ),
    "an interrupted worker, where a process can't be sent a signal": (
        'Process PoolWorker:\nTraceback (most recent call last):\n  File "helpers/pool.py", line 35, in work\n'
        "    time.sleep(seconds)\nKeyboardInterrupt\nafter\n",
        "after\n",
        'Process PoolWorker:\nTraceback (most recent call last):\n  File "helpers/pool.py", line 35, in work\n'
        "    time.sleep(seconds)\nValueError\nafter\n",
    ),
    "a line on a start method that this system does not have": (
        "fork: changed\nforkserver: as imported\nspawn: as imported\n",
        "spawn: as imported\n",
        "spawn: changed\n",
    ),
    "the line that starts a spawned child, which a traceback shows since Python 3.13": (
        'Traceback:\n  File "<string>", line 1, in <module>\n  File "my_w.py", line 1\n',
        'Traceback:\n  File "<string>", line 1, in <module>\n'
        "    from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=4, pipe_handle=6)\n"
        '  File "my_w.py", line 1\n',
        'Traceback:\n  File "<string>", line 1, in <module>\n    f()\n  File "my_w.py", line 1\n',
    ),
    "an attribute that is missing where a pickle is loaded, in the words of Python 3.14 and of older ones": (
        3 * "AttributeError: Can't get attribute 'shout' on <module '__main__' (built-in)>\n",
        "AttributeError: Can't get attribute 'shout' on <module '__main__'>\n"
        "AttributeError: Can't get attribute 'shout' on <module '__main__' "
        "(<class '_frozen_importlib.BuiltinImporter'>)>\n"
        "AttributeError: module '__main__' has no attribute 'shout'\n",
        3 * "AttributeError: module '__main__' has no attribute 'other'\n",
    ),
    "how many cores one thread's worth of computing keeps busy": (
        "two threads, cores busy: 1.0\n",
        "two threads, cores busy: 0.4\n",
        "two threads, cores busy: 1.9\n",
    ),
    "the default start method, which depends on the system and on the version of Python": (
        "default start method: fork\n",
        "default start method: forkserver\n",
        "default start method: None\n",
    ),
    "what ps says of a zombie, where there is ps": (
        "fork: zombie\n  PID STAT COMMAND\n 4711 Z    [python] <defunct>\nfork: zombie\n",
        "fork: zombie\n  PID STAT ARGS\n 4711 Z    <defunct>\nfork: zombie\n",
        "fork: zombie\n  PID STAT COMMAND\n",
    ),
    "the warning of fork in a process with threads, which Python 3.11 does not know": (
        "fork: exit code 0\n",
        "fork: exit code 0\nfork: DeprecationWarning: This process (pid=4711) is multi-threaded, use of fork() may "
        "lead to deadlocks in the child.\n",
        "fork: exit code 0\nfork: DeprecationWarning: something else\n",
    ),
    "numbers in the names that processes are given": (
        "Process SpawnProcess-49:\nTraceback",
        "Process ForkServerProcess-7:1:\nTraceback",
        "Process SpawnPoolWorker-49:\nTraceback",
    ),
    "Windows has one way to end a process: kill() is terminate()": (
        "terminated: exit code -15\nkilled: exit code -9\n",
        "terminated: exit code -15\nkilled: exit code -15\n",
        "terminated: exit code -15\nkilled: exit code 1\n",
    ),
    "colours of a traceback, in Python 3.13 and newer (first, for the other rules read it without them)": (
        'File "my_twice.py", line 4, in <module>\nRuntimeError: context has already been set\n',
        'File \x1b[35m"my_twice.py"\x1b[0m, line \x1b[35m4\x1b[0m, in \x1b[35m<module>\x1b[0m\n'
        "\x1b[1;35mRuntimeError\x1b[0m: \x1b[35mcontext has already been set\x1b[0m\n",
        'File \x1b[35m"my_twice.py"\x1b[0m, line \x1b[35m4\x1b[0m, in \x1b[35m<module>\x1b[0m\n'
        "\x1b[1;35mRuntimeError\x1b[0m: \x1b[35msomething else\x1b[0m\n",
    ),
    "a line on what Windows does not have": (
        "before\nLinux, macOS: 40 more\nLinux, macOS: exit code 130\nafter\n",
        "before\nafter\n",
        "before\nLinux, macOS: 40 more\nexit code 130\nafter\n",
    ),
    "a line on what only Linux has": (
        "before\nLinux: exit code -7\nLinux, macOS: hello\nafter\n",
        "before\nLinux, macOS: hello\nafter\n",
        "before\nLinux: exit code -7\nafter\n",
    ),
    "how many workers run their atexit functions when a pool is terminated, which is luck": (
        "with alone: 2 of 6 workers\n",
        "with alone: 6 of 6 workers\n",
        "with alone: 7 of 6 workers\n",
    ),
    "fork's workers run no atexit functions before Python 3.13": (
        "fork: 0 of 2 workers\nforkserver: 0 of 2 workers\nspawn: 2 of 2 workers\n",
        "fork: 2 of 2 workers\nforkserver: 2 of 2 workers\nspawn: 2 of 2 workers\n",
        "fork: 2 of 2 workers\nforkserver: 2 of 2 workers\nspawn: 0 of 2 workers\n",
    ),
    "qsize(), which macOS does not have": (
        "qsize(): 1\n",
        "qsize(): NotImplementedError\n",
        "qsize(): 0\n",
    ),
    "a pipe that nobody reads, in the words of Linux and macOS and in those of Windows": (
        "BrokenPipeError: [Errno 32] Broken pipe\n",
        "BrokenPipeError: [WinError 232] The pipe is being closed\n",
        "BrokenPipeError: handle is closed\n",
    ),
    "a block of shared memory that is not there: its name, and the words of Linux and macOS and those of Windows": (
        "FileNotFoundError: [Errno 2] No such file or directory: '/psm_12ab34cd'\n",
        "FileNotFoundError: [WinError 2] The system cannot find the file specified: 'wnsm_99ffee00'\n",
        "FileNotFoundError: [Errno 2] No such file or directory: 'my_reader.py'\n",
    ),
    "the names of what has leaked, which Python 3.13 and newer print": (
        "UserWarning: resource_tracker: There appear to be 1 leaked shared_memory objects to clean up at shutdown\n",
        "UserWarning: resource_tracker: There appear to be 1 leaked shared_memory objects to clean up at shutdown: "
        "{'/psm_12ab34cd'}\n",
        "UserWarning: resource_tracker: There appear to be 2 leaked shared_memory objects to clean up at shutdown: "
        "{'/psm_12ab34cd', '/psm_12ab34ce'}\n",
    ),
    "how much fits into a pipe, which depends on the system": (
        "one-way is a pipe and holds 65536 bytes\n",
        "one-way is a pipe and holds 16384 bytes\n",
        "one-way is a pipe and holds 0 bytes\n",
    ),
    "how a process ends that uses memory which is gone: SIGSEGV, SIGBUS, or Windows' access violation": (
        "memory that is gone: exit code -11\n",
        "memory that is gone: exit code -10\n",
        "memory that is gone: exit code 0\n",
    ),
    "what a process was writing when it was killed, which Windows drops": (
        "here.recv()   raises OSError: got end of file during message\nqueue.get(timeout=0.1)   waits\n"
        "pool('bytes(10**6)', tasks)   TimeoutError; another: TimeoutError\n"
        "executor('bytes(10**6)', tasks) TimeoutError; another: TimeoutError\n",
        "here.recv()   raises EOFError\nqueue.get(timeout=0.1)   works\n"
        "pool('bytes(10**6)', tasks)   TimeoutError; another: works\n"
        "executor('bytes(10**6)', tasks) BrokenProcessPool; another: BrokenProcessPool\n",
        "here.recv()   waits\nqueue.get(timeout=0.1)   raises Empty\n",
    ),
    "the numbers of processes that print, whose order is not promised": (
        "hello world 0\nhello world 2\nhello world 1\n",
        "hello world 2\nhello world 0\nhello world 1\n",
        "hello hello world 0\nworld 2\nhello world 1\n",
    ),
    "clear() of a managed list, which came with Python 3.14": (
        "AttributeError: 'ListProxy' object has no attribute 'clear'\nafter del points[:]: []\n",
        "after del points[:]: []\n",
        "AttributeError: 'ListProxy' object has no attribute 'append'\nafter del points[:]: []\n",
    ),
    "how many threads NumPy's library has, which depends on the number of cores": (
        "Linux: set after the import: 2 threads on 2 cores\nLinux: set before the import: 1 threads on 2 cores\n",
        "Linux: set after the import: 8 threads on 8 cores\nLinux: set before the import: 1 threads on 8 cores\n",
        "Linux: set after the import: 1 threads on 8 cores\nLinux: set before the import: 8 threads on 8 cores\n",
    ),
    "whether this Python has a GIL": (
        "This Python has a GIL.\n",
        "This Python has no GIL.\n",
        "This Python has two GILs.\n",
    ),
    "the context of a new thread, which is its starter's in a Python without the GIL": (
        "a thread: Ann\nrun_in_executor: nobody\n",
        "a thread: Ann\nrun_in_executor: Ann\n",
        "a thread: nobody\nrun_in_executor: nobody\n",
    ),
}


def rules() -> dict[str, tuple[str, str]]:
    text = "".join(path.read_text() for path in sorted(TESTS.glob("sanitize*.cfg")))
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
