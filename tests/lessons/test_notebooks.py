"""What every lesson must keep to; nbval compares the outputs themselves."""

import ast
import difflib
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from store import METADATA
from translate import anchor, encoded, headings, links

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FRAME = [
    "You will be able to", "A whole program", "In short", "Exercises", "Explore", "Going deeper", "When it goes wrong",
]  # fmt: skip
HEAD = re.compile(
    r"\*\*(\d+) minutes\*\* to read and run the lesson; then \*Exercises\* \((\d+) minutes to read, more to solve\) "
    r"and \*Explore\* \((\d+)\)\. To look up when you need it: \*Going deeper\* \((\d+)\) "
    r"and \*When it goes wrong\* \((\d+)\)\."
)


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request) -> nbformat.NotebookNode:
    notebook = nbformat.read(request.param, as_version=4)
    notebook.path = request.param
    return notebook


def code(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "code"]


def markdown(lesson) -> list[str]:
    return [cell.source for cell in lesson.cells if cell.cell_type == "markdown"]


@cache
def anchors(path: Path) -> set[str]:
    """The targets of links into a notebook (JupyterLab's way) or a Markdown file (GitHub's way)."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(markdown(nbformat.reads(text, as_version=4)))
    named = re.findall(r'<a id="([^"]*)"></a>', text)
    return {anchor(heading, path) for heading in headings(text)} | {unquote(name) for name in named}


def broken_links(path: Path, text: str) -> list[str]:
    """The links of a page that lead nowhere on this machine, each with the section that may be meant."""
    broken = []
    for target in links(text):
        file, _, place = unquote(target).partition("#")
        to = (path.parent / file).resolve() if file else path
        if "://" not in target and not (to.exists() and (not place or place in anchors(to))):
            meant = difflib.get_close_matches(place, anchors(to), 1) if to.exists() and place else []
            broken.append(f"{target} (perhaps #{encoded(meant[0])})" if meant else target)
    return broken


def test_every_cell_was_executed_once_in_order(lesson):
    for number, cell in enumerate(code(lesson), 1):
        assert cell.execution_count == number, f"store the lesson again, after a look at this cell:\n{cell.source}"


def test_no_cell_is_empty_or_long(lesson):
    assert [cell.source for cell in lesson.cells if not cell.source.strip()] == []
    section = ""
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            section = (re.findall(r"^## +(.*?) *$", cell.source, re.MULTILINE) or [section])[-1]
            continue
        lines = cell.source.splitlines()
        most = 14
        if lines[0].startswith("%%writefile"):  # a program is shown whole
            lines, most = lines[1:], 60 if section == "A whole program" else 25
        assert len(lines) <= most, f"{len(lines)} lines, {most} at most: {cell.source}"


def test_no_output_is_ignored(lesson):
    tags = [tag for cell in lesson.cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("nbval-ignore-output") <= 1
    assert set(tags) <= {"nbval-ignore-output", "raises-exception"}
    assert "NBVAL" not in "".join(cell.source for cell in code(lesson))


def test_an_error_is_stored_only_where_it_is_meant_to_come(lesson):
    for cell in code(lesson):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        assert bool(errors) == ("raises-exception" in cell.metadata.get("tags", [])), cell.source


def test_few_outputs_read_like_assertions(lesson):
    """True and False are shown where the API returns them and the reader asked for them."""
    texts = ["".join(output.get("text", "")) for cell in code(lesson) for output in cell.outputs]
    lines = [line for text in texts for line in text.splitlines() if re.search(r"\b(True|False)\b", line)]
    assert len(lines) <= 7, f"more than 7 lines with True or False: let the newest print a value instead: {lines}"
    assert [line for line in lines if re.search(r"as said|as promised|the same", line)] == []


def test_every_figure_says_its_facts(lesson):
    for cell in code(lesson):
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                assert data["text/plain"].endswith(".")
                assert not re.search(r"<Figure|\d\.\d", data["text/plain"])
                assert output.metadata["image/png"]["alt"].startswith(data["text/plain"] + " ")


def test_it_is_light(lesson):
    """So that GitHub and a telephone show it soon."""
    assert lesson.path.stat().st_size < 400 * 1024


def test_no_trace_of_the_machine(lesson):
    outputs = json.dumps([cell.outputs for cell in code(lesson)])
    assert re.findall(r"/(?:home|root|tmp|work|Users|private)/|[A-Z]:\\\\", outputs) == []


def test_metadata_is_minimal(lesson):
    assert dict(lesson.metadata) == METADATA
    assert lesson.nbformat == 4
    for cell in lesson.cells:
        assert set(cell.metadata) <= {"tags"}
    ids = [cell.id for cell in lesson.cells]
    assert len(ids) == len(set(ids))


def minutes_of(cell) -> float:
    """How long a reader is likely to need for a cell: a model, which errs on the short side.

    200 words a minute, 6 s to run a cell, 3 s for a line of code (shown source too), 0.7 s for a line of output, 20 s
    for a picture.
    """
    if cell.cell_type != "code":
        return len(cell.source.split()) / 200
    seconds = 6 + 3 * len(cell.source.splitlines())
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream":
            seconds += 0.7 * len(output.text.splitlines())
        elif "image/png" in data:
            seconds += 20
        elif "text/markdown" in data:
            seconds += 3 * len(data["text/plain"].splitlines())
    return seconds / 60


def minutes(lesson) -> dict[str, float]:
    """The minutes of each of the lesson's parts: of the main way, and of each section after it."""
    found, part = {"main way": 0.0}, "main way"
    for cell in lesson.cells:
        pieces = re.split(r"(?m)^(?=## )", cell.source) if cell.cell_type == "markdown" else [cell.source]
        for piece in pieces:
            heading = re.match(r"## (.*)", piece) if cell.cell_type == "markdown" else None
            if heading and heading[1] in FRAME[FRAME.index("In short") :]:
                part = heading[1]
            found[part] = found.get(part, 0.0) + minutes_of(nbformat.from_dict({**cell, "source": piece}))
    return found


def test_the_frame(lesson):
    found = re.findall(r"(?m)^##? +(.*?) *$", re.sub(r"(?ms)^```.*?^```", "", "\n".join(markdown(lesson))))
    number, name = lesson.path.stem.split("_")
    assert re.match(rf"{int(number)} · {name}\b", found[0], re.IGNORECASE)
    assert [heading for heading in found if heading in FRAME] == FRAME
    assert found[-6:] == FRAME[-6:], "no section stands between the parts that come after the main way"


def test_the_main_way_takes_half_an_hour_and_the_head_says_the_minutes(lesson):
    found = minutes(lesson)
    assert found["main way"] <= 32
    head = HEAD.search(markdown(lesson)[0])
    assert head, "the first cell says the minutes of each part in the words of HEAD"
    parts = ["main way", "Exercises", "Explore", "Going deeper", "When it goes wrong"]
    assert [int(said) for said in head.groups()] == [max(5, 5 * round(found[part] / 5)) for part in parts], found


def test_predictions_have_answers(lesson):
    text = "\n".join(markdown(lesson))
    assert text.count("**Predict:**") == text.count("<summary>Answer</summary>") >= 3, (
        "each **Predict:** has its <details><summary>Answer</summary>, in these words"
    )
    assert text.count("<details>") == text.count("</details>")


def test_links_resolve(lesson):
    assert broken_links(lesson.path, "\n".join(markdown(lesson))) == []


def test_a_lesson_imports_workers_from_its_own_module_only(lesson):
    name = lesson.path.stem.split("_")[1]
    imported = re.findall(r"from helpers\.(\w+) import", "\n".join(cell.source for cell in code(lesson)))
    assert set(imported) == {name, "experiments"}


def test_every_worker_of_the_module_is_used(lesson):
    name = lesson.path.stem.split("_")[1]
    text = "\n".join(cell.source for cell in code(lesson))
    module = (ROOT / "helpers" / f"{name}.py").read_text(encoding="utf-8")
    for worker in re.findall(r"^(?:def|class) (\w+)", module, re.MULTILINE):
        assert re.search(rf"\b{worker}\b", text) or module.count(worker) > 1, f"no cell uses {worker}"


def test_workers_stand_in_the_order_in_which_the_lesson_meets_them(lesson):
    name = lesson.path.stem.split("_")[1]
    module = (ROOT / "helpers" / f"{name}.py").read_text(encoding="utf-8")
    calls = re.findall(r"^show\(([^)]*)\)", "\n".join(cell.source for cell in code(lesson)), re.MULTILINE)
    shown = dict.fromkeys(worker for call in calls for worker in re.findall(r"\w+", call))
    defined = re.findall(r"^(?:def|class) (\w+)", module, re.MULTILINE)
    assert [worker for worker in shown if worker in defined] == [worker for worker in defined if worker in shown], (
        f"put the workers in helpers/{name}.py into the lesson's order"
    )


def test_a_worker_is_shown_before_its_first_use(lesson):
    name, shown = lesson.path.stem.split("_")[1], set()
    module = (ROOT / "helpers" / f"{name}.py").read_text(encoding="utf-8")
    defined = set(re.findall(r"^(?:def|class) (\w+)", module, re.MULTILINE))
    for cell in code(lesson):
        if cell.source.startswith("%%"):
            continue
        for workers in re.findall(r"^show\(([^)]*)\)", cell.source, re.MULTILINE):
            shown |= set(re.findall(r"\w+", workers))
        tree = ast.parse(re.sub(r"^[%!].*$", "pass", cell.source, flags=re.MULTILINE))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert used & defined <= shown, f"show them before: {used & defined - shown}"


@pytest.mark.parametrize("module", [*(path.stem[3:] for path in LESSONS), "experiments"])
def test_workers_do_not_take_long(module):
    """A cell runs many workers; so each fraction in them, a time in seconds, is less than a half."""
    tree = ast.parse((ROOT / "helpers" / f"{module}.py").read_text(encoding="utf-8"))
    numbers = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is float]
    assert [number for number in numbers if number % 1 and number >= 0.5] == []
