"""What the README promises: its links, its table of problems, its commands."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from test_notebooks import LESSONS, broken_links, markdown
from translate import links

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Messages that only another system or version of Python prints: explained in this lesson.
ELSEWHERE = {
    "NotImplementedError": "03_queue.ipynb",  # macOS
    "multi-threaded, use of fork() may lead to deadlocks": "01_process.ipynb",  # from 3.12 on
    "module '__main__' has no attribute 'f'": "02_pool.ipynb",  # from 3.14 on
    "Can't get local object": "02_pool.ipynb",  # 3.13
    "Cannot re-initialize CUDA in forked subprocess": "01_process.ipynb",  # PyTorch, with a graphics card
    "insufficient shared memory (shm)": "04_pipe.ipynb",  # PyTorch, in a container
    'target=f("x")': "01_process.ipynb",  # no message
}


def test_links_resolve():
    assert len(links(README)) > 43
    assert broken_links(ROOT / "README.md", README) == []


def rows() -> list[tuple[str, str, str]]:
    """For each row of the table of problems: its first column, and the notebook and the heading that it links to."""
    table = README.partition("## Find your problem")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.*) \| \[.*\]\(notebooks/(\d\d_\w+\.ipynb)#(.*)\) \|$", table, re.MULTILINE)
    return [(symptom, notebook, unquote(anchor)) for symptom, notebook, anchor in found]


def test_every_problem_leads_to_a_section():
    table = README.partition("## Find your problem")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    other = [line for line in lines if not re.fullmatch(r"\| .* \| \[\d · .*\]\(notebooks/.*#.*\) \|", line)]
    assert other == [], "each row is: | problem | [1 · Section](notebooks/01_process.ipynb#Section) |"
    assert len(rows()) == len(lines) >= 83


def test_a_package_has_the_same_bounds_wherever_it_is_named():
    places = [ROOT / name for name in ("README.md", "requirements.txt", ".site/requirements.txt", ".ci/run")]
    for folder, pattern in ((".github", "*.yml"), ("tests", "*.py"), ("helpers", "*.py")):
        places += (ROOT / folder).rglob(pattern)
    bounds: dict[str, set[str]] = {}
    for place in places:
        for package, said in re.findall(r"\b([a-z][\w-]+)(>=[\d.]+,<[\d.]+)", place.read_text(encoding="utf-8")):
            bounds.setdefault(package, set()).add(said)
    assert {"pytest", "playwright", "cosmic-ray"} <= set(bounds)
    assert {package: said for package, said in bounds.items() if len(said) > 1} == {}


def messages(symptom: str) -> list[str]:
    """What stands in code font and is not the name of a function, a module or a start method."""
    codes = re.findall(r"`([^`]+)`", symptom)
    return [code for code in codes if not re.fullmatch(r"[a-z_]+(\(\))?|with Pool", code) and code not in ELSEWHERE]


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
    any_name = re.escape(message).replace("'f'", r"'\w+'")
    assert re.search(any_name, outputs_of(notebook, anchor)), (
        f"no stored output of the section {anchor} in {notebook} has {message!r}. Is the lesson stored (python "
        "tests/tools/store.py)? What can't be shown goes into ELSEWHERE, in tests/lessons/test_readme.py; what is no message has no "
        "backticks."
    )


def test_what_cannot_be_shown_is_explained():
    assert set(ELSEWHERE) <= {code for symptom, *_ in rows() for code in re.findall(r"`([^`]+)`", symptom)}
    for message, notebook in ELSEWHERE.items():
        any_name = re.escape(message).replace("'f'", r"'\w+'")
        assert re.search(any_name, "\n".join(markdown(nbformat.read(ROOT / "notebooks" / notebook, as_version=4))))


def test_every_lesson_stands_in_the_table_with_its_minutes():
    for lesson in LESSONS:
        pattern = r"\*\*(\d+) minutes\*\*.*?, and (\d+) more for the exercises"
        minutes, more = map(int, re.search(pattern, lesson.read_text(encoding="utf-8")).groups())
        assert f"](notebooks/{lesson.name}) | {minutes} | {minutes + more} |" in README


def test_jupyter_serves_what_the_readme_links_to():
    """Its server hides what begins with a dot: a picture in such a folder would be missing there."""
    hidden = [target for target in links(README) if re.search(r"(^|/)\.", target)]
    assert hidden == []


def test_all_addresses_are_of_the_same_repository():
    places = re.findall(
        r"(?:github\.com|codespaces\.new|mybinder\.org/v2/gh|com/github)/([^/\s)`]+)/([^/\s)`]+)", README
    )
    places += re.findall(r"https://([^./]+)\.github\.io/([^/]+)/", README)
    assert len(places) > 5
    assert len(set(places)) == 1, places


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
    cell = re.search(r"^```python\n((?:%pip .*\n)+)```$", README, re.MULTILINE)[1]
    helpers, *others = cell.splitlines()
    assert helpers.startswith("%pip install -q --no-deps git+https://github.com/")
    pinned = (ROOT / ".colab" / "requirements.txt").read_text().splitlines()
    for line in others:
        assert line.rpartition(" ")[2].strip('"') in pinned
    assert [line for line in pinned if re.match("helpers|-e|ipykernel", line)] == ["ipykernel==6.17.1"]
    assert "(6.17)" in README


def test_ci_and_the_workflow_build_the_site_with_the_command_that_the_readme_has():
    assert re.search(r"^```sh site\n.*\.site/build\.py\n```$", README, re.MULTILINE)
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
