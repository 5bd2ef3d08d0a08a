"""The program of lesson 02: thumbnails of a folder of images."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from whole_programs import run, running, workers_of, write_program

NAME = "my_thumbnails.py"
DIED = "BrokenProcessPool: A process in the process pool was terminated abruptly"


@pytest.fixture
def program(tmp_path) -> Path:
    """The program, in a folder that has `photos`."""
    write_program(NAME, "spawn", tmp_path)
    (tmp_path / "photos").mkdir()
    return tmp_path / NAME


def make_images(program: Path, count: int) -> Path:
    photos = program.parent / "photos"
    Image.new("RGB", (400, 300), "red").save(photos / "photo.png")
    for number in range(1, count):
        (photos / f"photo{number}.png").write_bytes((photos / "photo.png").read_bytes())
    return photos


def change(program: Path, before: str, after: str) -> None:
    """Put a line before another one."""
    text = program.read_text(encoding="utf-8")
    assert text.count(before) == 1
    program.write_text(text.replace(before, after + before), encoding="utf-8")


def test_makes_a_thumbnail_of_each_image(program):
    photos = make_images(program, 5)
    Image.new("RGBA", (20, 300), "#ff000080").save(photos / "TALL.GIF")
    (photos / "notes.txt").write_text("not meant")
    done = run(program.parent, NAME, "photos")
    assert (done.returncode, done.stdout) == (0, "6 of 6 images are done\n")
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
    done = run(program.parent, NAME, "photos")
    first, half, empty, last = done.stdout.splitlines()
    assert (done.returncode, last) == (1, "4 of 7 images are done")
    assert first.startswith("'a_broken.png': UnidentifiedImageError: ")
    assert half.startswith("'half.png': ")
    assert empty.startswith("'z_empty.jpg': UnidentifiedImageError: ")


def test_does_only_what_is_not_there_yet(program):
    photos = make_images(program, 2)
    assert run(program.parent, NAME, "photos").returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (photos / "thumbnails").iterdir()}
    make_images(program, 3)
    (photos / "thumbnails" / "of_an_image_that_is_gone.png.jpg").touch()
    assert run(program.parent, NAME, "photos").stdout == "3 of 3 images are done\n"
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_empty_folder_and_wrong_arguments(program):
    assert run(program.parent, NAME, "photos").stdout == "0 of 0 images are done\n"
    assert run(program.parent, NAME, "photos", "too many").returncode == 2
    none = run(program.parent, NAME, "no_such_folder")
    assert (none.returncode, none.stderr) == (2, "")
    assert none.stdout.startswith("python my_thumbnails.py FOLDER")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf_8(program):
    photos = make_images(program, 1)
    Path(os.fsdecode(os.fsencode(photos) + b"/bad\xff.png")).touch()
    done = run(program.parent, NAME, "photos", env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"})
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 of 2 images are done"), done.stderr


def test_a_full_disk_leaves_no_half_thumbnail(program):
    photos = make_images(program, 3)
    change(
        program, "    target.with_suffix", '    if path.stem == "photo1":\n        raise OSError(28, "No space left")\n'
    )
    done = run(program.parent, NAME, "photos")
    assert done.stdout.splitlines() == ["'photo1.png': OSError: [Errno 28] No space left", "2 of 3 images are done"]
    assert len(list((photos / "thumbnails").glob("*.jpg"))) == 2


@pytest.mark.parametrize("deadly", [["photo3"], ["photo", "photo7", "photo8"]])
def test_a_worker_that_dies_costs_its_image_only(program, deadly):
    make_images(program, 30)
    change(program, "    with Image.open", f"    if path.stem in {deadly}:\n        __import__('os')._exit(9)\n")
    done = run(program.parent, NAME, "photos")
    *dead, last = done.stdout.splitlines()
    assert (done.returncode, last) == (1, f"{30 - len(deadly)} of 30 images are done"), done.stderr
    assert [line.split(": ", 1)[0] for line in dead] == sorted(f"'{name}.png'" for name in deadly)
    assert all(DIED in line for line in dead)


@pytest.mark.skipif(os.name != "posix", reason="a process can't be sent an interrupt")
def test_a_worker_that_is_killed_costs_one_image_at_most(program):
    make_images(program, 300)
    with running(program.parent, NAME, "photos") as thumbnails:
        while " 0/" in thumbnails.stderr.read(60):
            pass
        workers_of(thumbnails)[-1].kill()
        said, _ = thumbnails.communicate(timeout=60)
    assert said.splitlines()[-1] in ("299 of 300 images are done", "300 of 300 images are done")
    assert run(program.parent, NAME, "photos").stdout == "300 of 300 images are done\n"


@pytest.mark.skipif(os.name != "posix", reason="a process can't be sent an interrupt")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_breaks_nothing(program, number):
    """With 500 images to do, of which each takes long."""
    photos = make_images(program, 500)
    change(program, "    target.with_suffix", "    __import__('time').sleep(0.02 if path.stem < 'photo3' else 30)\n")
    change(program, "    todo = [(p, t) for", "    images.sort(reverse=True)\n")
    with running(program.parent, NAME, "photos") as thumbnails:
        while " 0/" in thumbnails.stderr.read(60):
            pass
        began = time.monotonic()
        os.killpg(thumbnails.pid, number)
        said, err = thumbnails.communicate(timeout=30)
    assert time.monotonic() - began < 10  # on a busy machine; otherwise it is a fraction of a second
    assert (thumbnails.returncode, said) == (128 + number, "stopped\n")
    assert "Traceback" not in err
    for path in (photos / "thumbnails").glob("*.jpg"):
        with Image.open(path) as image:
            image.load()
