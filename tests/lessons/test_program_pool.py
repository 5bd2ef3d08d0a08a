"""The program of lesson 02: thumbnails of a folder of images."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from PIL import Image
from whole_programs import write_program

NAME = "my_thumbnails.py"


@pytest.fixture
def program(method, tmp_path) -> list[str]:
    """The command that runs it, under each start method, in a folder that has `photos`."""
    write_program(NAME, method, tmp_path)
    (tmp_path / "photos").mkdir()
    return [sys.executable, str(tmp_path / NAME), str(tmp_path / "photos")]


def make_images(program: list[str], count: int) -> Path:
    photos = Path(program[2])
    Image.new("RGB", (400, 300), "red").save(photos / "photo.png")
    for number in range(1, count):
        (photos / f"photo{number}.png").write_bytes((photos / "photo.png").read_bytes())
    return photos


def run(program: list[str], *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=60)


def test_makes_a_thumbnail_of_each_image(program):
    photos = make_images(program, 5)
    Image.new("RGBA", (20, 300), "#ff000080").save(photos / "TALL.GIF")
    (photos / "notes.txt").write_text("not meant")
    done = run(program, "--workers", "3")
    assert (done.returncode, done.stdout) == (0, "6 thumbnails, 0 failed\n")
    made = list((photos / "thumbnails").iterdir())
    names = ["TALL.GIF.jpg", "photo.png.jpg", *(f"photo{number}.png.jpg" for number in range(1, 5))]
    assert sorted(path.name for path in made) == sorted(names)
    for path in made:
        with Image.open(path) as image:
            assert max(image.size) == 128


def test_names_the_broken_images_and_loses_no_other(program):
    photos = make_images(program, 4)
    (photos / "a_broken.png").write_text("This is no image.")
    (photos / "half.png").write_bytes((photos / "photo.png").read_bytes()[:200])
    (photos / "z_empty.jpg").touch()
    done = run(program)
    first, half, empty, last = done.stdout.splitlines()
    assert (done.returncode, last) == (1, "4 thumbnails, 3 failed")
    assert first.startswith("a_broken.png: UnidentifiedImageError: ")
    assert half.startswith("half.png: ")
    assert empty.startswith("z_empty.jpg: UnidentifiedImageError: ")


def test_does_only_what_is_not_there_yet(program):
    photos = make_images(program, 2)
    assert run(program).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (photos / "thumbnails").iterdir()}
    make_images(program, 3)
    assert run(program).stdout == "3 thumbnails, 0 failed\n"
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_empty_folder_and_none_at_all(program):
    assert run(program).stdout == "0 thumbnails, 0 failed\n"
    program[2] += "_that_are_not_there"
    none = run(program)
    assert (none.returncode, none.stdout) == (2, "")
    assert "error: no folder" in none.stderr


@pytest.mark.skipif(os.name != "posix", reason="a process can't be sent an interrupt")
def test_an_interrupt_ends_it_at_once_and_breaks_nothing(program):
    photos = make_images(program, 1000)
    with subprocess.Popen(program, stdout=-1, stderr=-1, start_new_session=True) as running:
        while b" 0/" in running.stderr.read(60):
            pass
        children = psutil.Process(running.pid).children(recursive=True)
        os.killpg(running.pid, signal.SIGINT)
        said, _ = running.communicate(timeout=30)
    assert (running.returncode, said) == (130, b"Interrupted. Start again, and the rest is done.\n")
    assert psutil.wait_procs(children, timeout=10)[1] == []
    made = list((photos / "thumbnails").glob("*.jpg"))
    assert 0 < len(made) < 1000
    for path in made:
        with Image.open(path) as image:
            image.load()
    assert run(program).stdout == "1000 thumbnails, 0 failed\n"
