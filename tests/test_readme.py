"""What the README promises: its links, its table of problems, its commands."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

from test_notebooks import LESSONS, anchors

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def links() -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", README)


def test_links_resolve():
    assert len(links()) > 43
    for target in links():
        if not target.startswith("https://"):
            file, _, anchor = unquote(target).partition("#")
            path = ROOT / (file or "README.md")
            assert path.exists(), target
            if anchor:
                assert anchor in anchors(path), target


def test_all_problems_have_a_section():
    table = README.partition("## Find your problem")[2].partition("\n## ")[0]
    assert len(re.findall(r"^\| .* \| \[.*\]\(notebooks/\d\d_\w+\.ipynb#.*\) \|$", table, re.MULTILINE)) == 43 + 8


def test_every_lesson_stands_in_the_table_with_its_minutes():
    for lesson in LESSONS:
        minutes = re.search(r"\*\*(\d+) minutes\*\*", lesson.read_text(encoding="utf-8"))[1]
        assert re.search(rf"\]\(notebooks/{lesson.name}\) \| {minutes} \|", README)


def test_ci_runs_the_command_that_the_readme_has():
    assert re.search(r"^```sh tests\n.*pytest\n```$", README, re.MULTILINE)
    assert "```sh tests" in (ROOT / ".ci" / "run").read_text()


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
