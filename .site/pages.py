"""What the site's pages are made of: the README and the lessons, in each language that is there.

    README.md             -> index (all but its longest table of links), problems (that table)
    notebooks/NN_….ipynb  -> NN_…
    notebooks/zh/         -> the same below zh/

Nothing here knows Sphinx: build.py copies the pages to where Sphinx reads them, transforms.py asks for their links.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"en": ROOT / "README.md", "zh": ROOT / "notebooks" / "zh" / "README.md"}
# What the site itself says, in each language.
TEXTS = json.loads((Path(__file__).parent / "texts.json").read_text(encoding="utf-8"))

REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "")
BRANCH = os.environ.get("GITHUB_REF_NAME") or "HEAD"
OWNER, _, NAME = REPOSITORY.partition("/")
# The site's own address, with a slash at its end, if it has one.
ADDRESS = os.environ.get("SITE_URL") or (f"https://{OWNER.lower()}.github.io/{NAME}/" if REPOSITORY else "")
if ADDRESS and not ADDRESS.endswith("/"):
    ADDRESS += "/"


@dataclass(frozen=True)
class Page:
    """A page: its language, its name on the site, the file that it is made of, and its text (of a notebook: JSON)."""

    language: str
    name: str
    source: Path
    text: str

    @property
    def address(self) -> str:
        """Where it stands on the site."""
        return f"{'' if self.language == 'en' else self.language + '/'}{self.name}.html"

    @property
    def is_lesson(self) -> bool:
        return self.source.suffix == ".ipynb"

    @cached_property
    def cells(self) -> list[dict]:
        """A lesson's cells."""
        return json.loads(self.text)["cells"]

    @cached_property
    def headings(self) -> list[str]:
        """The page's headings in their order, without markup."""
        text = self.text
        if self.is_lesson:
            text = "\n\n".join("".join(cell["source"]) for cell in self.cells if cell["cell_type"] == "markdown")
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        found = re.findall(r"^#+ +(.*?) *$", prose, re.MULTILINE)
        return [re.sub(r"[`*]|\]\([^)]*\)|^\[", "", heading) for heading in found]

    @cached_property
    def anchors(self) -> list[str]:
        """The addresses of its sections, a heading each."""
        return [anchor(heading) for heading in self.headings]

    def anchor_of(self, wanted: str) -> str | None:
        """The section's address that is meant by a link, which has it in JupyterLab's way or in GitHub's."""
        names = {github_anchor(heading): anchor(heading) for heading in reversed(self.headings)}
        return wanted if wanted in self.anchors else names.get(wanted)


def anchor(heading: str) -> str:
    """A section's address as JupyterLab makes it."""
    return heading.replace(" ", "-")


def github_anchor(heading: str) -> str:
    """A section's address as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def split(readme: str) -> tuple[str, str]:
    """Part the README in two: its table of problems, which is a page of its own, and the rest.

    The table is the section with the most links to sections of lessons; in the rest its heading links to it.
    """
    sections = re.split(r"^(?=## )", readme, flags=re.MULTILINE)
    table = max(sections, key=lambda section: section.count(".ipynb#"))
    heading = table.splitlines()[0].removeprefix("## ")
    rest = "".join(f"## [{heading}](problems.md)\n\n" if section is table else section for section in sections)
    return rest, table.removeprefix("#")


def addressed(readme: str) -> str:
    """The README with the addresses of the repository that the site is of, if that is known.

    Without what it says of those to put in. It has OWNER/NAME, or, in a fork, those of the first repository.
    """
    if not REPOSITORY:
        return readme
    known = "\n\n".join(part for part in readme.split("\n\n") if "`OWNER`" not in part)
    owner, name = re.search(r"git clone https://github\.com/([\w.-]+)/([\w.-]+)", readme).groups()
    known = re.sub(rf"https://{re.escape(f'{owner}.github.io/{name}/')}", ADDRESS, known, flags=re.IGNORECASE)
    return known.replace(f"{owner}/{name}", REPOSITORY)


def pages() -> list[Page]:
    """All pages, in the order in which they are read, in each language that has a README."""
    found = []
    for language, readme in LANGUAGES.items():
        if readme.exists():
            index, problems = split(addressed(readme.read_text(encoding="utf-8")))
            folder = ROOT / "notebooks" if language == "en" else readme.parent
            found.append(Page(language, "index", readme, index))
            for lesson in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
                found.append(Page(language, lesson.stem, lesson, lesson.read_text(encoding="utf-8")))
            found.append(Page(language, "problems", readme, problems))
    return found


def find(all_pages: list[Page], source: Path, target: str) -> tuple[Page | Path, str]:
    """What a link in this file leads to: a page, or a file or folder that is none; and the section's address."""
    file, _, wanted = unquote(target).partition("#")
    path = (source.parent / file).resolve() if file else source
    candidates = [page for page in all_pages if page.source == path]
    for page in reversed(candidates):  # the table of problems before the page that only links to it
        if wanted and page.anchor_of(wanted):
            return page, page.anchor_of(wanted)
    return (candidates[0] if candidates else path), wanted


def stage(language_pages: list[Page], folder: Path) -> None:
    """Copy the pages of one language, and the README's pictures, into a folder for Sphinx, with a table of contents."""
    folder.mkdir()
    for page in language_pages:
        if page.is_lesson:
            shutil.copy(page.source, folder)
            continue

        def copy(found: re.Match, source: Path = page.source) -> str:
            shutil.copy(source.parent / found[2], folder)
            return f"{found[1]}{Path(found[2]).name})"

        text = re.sub(r"(!\[[^\]]*\]\()(?!https?:)([^)\s]+)\)", copy, page.text)
        if page.name == "index":
            names = "\n".join(other.name for other in language_pages if other is not page)
            text += f"\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
        (folder / f"{page.name}.md").write_text(text, encoding="utf-8")
