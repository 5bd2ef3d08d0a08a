"""What the pages beside the lessons promise: links, the tables of problems, commands."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from test_notebooks import LESSONS, broken_links, markdown
from translate import headings, links

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROBLEMS = (ROOT / "notebooks" / "problems.md").read_text(encoding="utf-8")
OTHER_WAYS = (ROOT / "notebooks" / "other_ways.md").read_text(encoding="utf-8")
GUIDE = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
# Messages that only another system or version of Python prints: explained in this lesson.
ELSEWHERE = {
    "multi-threaded, use of fork() may lead to deadlocks": "01_process.ipynb",  # from 3.12 on
    "module '__main__' has no attribute": "01_process.ipynb",  # from 3.14 on
    "Can't get local object": "02_pool.ipynb",  # 3.13
    "KeyError: '/psm_…'": "04_pipe.ipynb",  # the tracker's process prints it: tests/lessons/test_pipe.py
}


PAGES = ["README.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.md"))]
GROUPS = [
    "It hangs, or does not end",
    "An error message",
    "Wrong or missing results or output",
    "Slow, or too much memory",
    "How do I …?",
]


@pytest.mark.parametrize("page", [*PAGES, ".github/CONTRIBUTING.md"])
def test_links_resolve(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert broken_links(ROOT / page, text) == []
    assert not re.search(r"\b(OWNER|NAME)\b", text), "the website knows its repository; elsewhere say what to paste"


def test_the_front_page_is_short():
    assert len(README.split()) <= 700
    assert len(README.splitlines()) <= 110


def rows(text: str = PROBLEMS) -> list[tuple[str, str, str]]:
    """For each row of a table of problems: its first column, and the notebook and the heading that it links to."""
    found = re.findall(r"^\| (.*) \| \[.*\]\((?:notebooks/)?(\d\d_\w+\.ipynb)#(.*)\) \|$", text, re.MULTILINE)
    return [(symptom, notebook, unquote(anchor)) for symptom, notebook, anchor in found]


def test_every_problem_leads_to_a_section():
    lines = [line for line in PROBLEMS.splitlines() if line.startswith("| ") and "what you see" not in line]
    other = [line for line in lines if not re.fullmatch(r"\| .* \| \[\d · .*\]\(\d\d_.*#.*\) \|", line)]
    assert other == [], "each row is: | problem | [1 · Section](01_process.ipynb#Section) |"
    assert len(rows()) == len(lines) >= 83


def test_problems_are_grouped_by_what_one_sees():
    assert headings(PROBLEMS)[1:] == GROUPS
    messages = PROBLEMS.partition(f"## {GROUPS[1]}")[2].partition("\n## ")[0]
    keys = [re.sub(r"^[^\w<]+", "", row[2:].split(" | [")[0].replace("`", "")).lower() for row in messages.splitlines()]
    keys = [key for key in keys if key and not key.startswith(("what you see", "-"))]
    assert keys == sorted(keys), "messages are sorted by their text"


def test_the_front_page_has_ten_of_the_problems():
    mine, table = rows(README), README.partition("## Find your problem")[2].partition("\n## ")[0]
    assert len(mine) == len(re.findall(r"^\| .*ipynb#", table, re.MULTILINE)) == 10
    assert {row[1:] for row in mine} <= {row[1:] for row in rows()}


def test_a_package_has_the_same_bounds_wherever_it_is_named():
    names = ("README.md", ".github/CONTRIBUTING.md", "requirements.txt", ".site/requirements.txt", ".ci/run")
    places = [ROOT / name for name in names]
    for folder, pattern in ((".github", "*.yml"), ("tests", "*.py"), ("helpers", "*.py")):
        places += (ROOT / folder).rglob(pattern)
    bounds: dict[str, set[str]] = {}
    for place in places:
        for package, said in re.findall(r"\b([a-z][\w-]+)(>=[\d.]+,<[\d.]+)", place.read_text(encoding="utf-8")):
            bounds.setdefault(package, set()).add(said)
    assert {"pytest", "playwright", "cosmic-ray"} <= set(bounds)
    assert {package: said for package, said in bounds.items() if len(said) > 1} == {}


def messages(symptom: str) -> list[str]:
    """What stands in code font and is a message: it has blanks, or is an exception's name, and is no code."""
    codes = re.findall(r"`([^`]+)`", symptom)
    said = [code for code in codes if " " in code or re.fullmatch(r"[A-Z]\w+(Error|Short)", code)]
    return [code for code in said if code not in ELSEWHERE and not re.match(r"(while|except|with|python) ", code)]


def pattern(message: str) -> str:
    """A regular expression for a message, in which `f` stands for any name and an ellipsis for any words."""
    return re.escape(message).replace("'f'", r"'\w+'").replace("…", ".*")


def outputs_of(notebook: str, anchor: str) -> str:
    """All that the cells of a section print, up to the next heading that does not belong to it."""
    texts, depth = [], 0
    for cell in nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells:
        if cell.cell_type == "markdown":
            for marks, heading in re.findall(r"^(#+) +(.*?) *$", cell.source, re.MULTILINE):
                if re.sub(r"[`*]", "", heading).replace(" ", "-") == anchor:
                    depth = len(marks)
                elif depth and len(marks) <= depth:
                    depth = 0
        elif depth:
            for output in cell.outputs:
                texts += [output.get("text", ""), output.get("ename", ""), output.get("evalue", "")]
                texts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("message", "notebook", "anchor"),
    [(message, *place) for symptom, *place in rows() for message in messages(symptom)],
    ids=lambda text: re.sub(r"\W+", "-", text)[:40],
)
def test_each_message_is_shown_where_its_row_leads(message, notebook, anchor):
    assert re.search(pattern(message), outputs_of(notebook, anchor)), (
        f"no stored output of the section {anchor} in {notebook} has {message!r}. Is the lesson stored (python "
        "tests/tools/store.py)? What can't be shown goes into ELSEWHERE, in tests/lessons/test_pages.py; what is no "
        "message has no backticks."
    )


def test_what_cannot_be_shown_is_explained():
    assert set(ELSEWHERE) <= {code for symptom, *_ in rows() for code in re.findall(r"`([^`]+)`", symptom)}
    for message, notebook in ELSEWHERE.items():
        text = "\n".join(markdown(nbformat.read(ROOT / "notebooks" / notebook, as_version=4)))
        assert re.search(pattern(message), text)


def test_every_lesson_stands_in_the_table():
    for lesson in LESSONS:
        assert f"](notebooks/{lesson.name}) |" in README


def test_jupyter_serves_what_the_readme_links_to():
    """Its server hides what begins with a dot: a picture in such a folder would be missing there."""
    hidden = [target for target in links(README) if re.search(r"(^|/)\.", target)]
    assert hidden == []


def test_ci_runs_the_command_that_the_readme_has():
    assert re.search(r"^```sh tests\n.*pytest\n```$", README, re.MULTILINE)
    assert '\nbash -euo pipefail -c "$(block tests)"\n' in (ROOT / ".ci" / "run").read_text()


def command(block: str) -> str:
    return re.search(rf"^```sh {block}\n(.*)\n```$", README, re.MULTILINE)[1]


def test_both_commands_set_the_same_up_on_each_system():
    """So that the lessons' command, of which the browser's test runs the end, begins with what CI runs."""
    up, _, start = command("lessons").rpartition(" && ")
    assert command("tests").rpartition(" && ")[0] == up
    windows = re.search(r"^```powershell\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[1].splitlines()
    for line, each in zip(windows, ("lessons", "tests"), strict=True):
        posix = line.replace("py -m", "python3 -m").replace(".venv\\Scripts\\", ".venv/bin/").replace("; ", " && ")
        assert posix == command(each)
    assert start.endswith("README.md")


def test_colab_adds_what_its_packages_are_tested_with():
    cell = re.search(r"^```python\n((?:%pip .*\n)+)```$", OTHER_WAYS, re.MULTILINE)[1]
    helpers, *others = cell.splitlines()
    assert helpers == "%pip install -q --no-deps git+ADDRESS"
    pinned = (ROOT / ".colab" / "requirements.txt").read_text().splitlines()
    for line in others:
        assert line.rpartition(" ")[2].strip('"') in pinned
    assert [line for line in pinned if re.match("helpers|-e|ipykernel", line)] == ["ipykernel==6.17.1"]
    assert "(6.17)" in OTHER_WAYS


def test_ci_and_the_workflow_build_the_site_with_the_command_that_the_guide_has():
    assert re.search(r"^```sh site\n.*\.site/build\.py\n```$", GUIDE, re.MULTILINE)
    assert '\nbash -euo pipefail -c "$(block site)" &\n' in (ROOT / ".ci" / "run").read_text()
    assert "/^```sh site/" in (ROOT / ".github" / "workflows" / "site.yml").read_text()


def test_the_python_that_is_asked_for_is_the_one_that_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in README


def test_readme_classifiers_and_workflow_name_the_same_pythons():
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    versions = [each.rpartition(" ")[2] for each in classifiers if re.search(r":: \d+\.\d+$", each)]
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text()
    assert re.findall(r'"([^"]+)"', re.search(r"^ +python: \[(.*)\]$", workflow, re.MULTILINE)[1]) == versions
    assert f"the tests run on {versions[0]} to {versions[-1]}" in README
