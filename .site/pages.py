"""What the site's pages are made of: the README, the lessons and the pages beside them, in each language.

    README.md             -> index
    notebooks/NN_….ipynb  -> NN_…
    notebooks/NAME.md     -> NAME
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

BESIDE = ("which_one", "problems", "other_ways")  # the pages beside the lessons, in the order in which they are listed

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


def pages() -> list[Page]:
    """All pages, in the order in which they are read, in each language that has a README."""
    found = []
    for language, readme in LANGUAGES.items():
        if readme.exists():
            folder = ROOT / "notebooks" if language == "en" else readme.parent
            others = [path for path in (folder / f"{name}.md" for name in BESIDE) if path.exists()]
            for path in [readme, *sorted(folder.glob("[0-9][0-9]_*.ipynb")), *others]:
                name = "index" if path == readme else path.stem
                found.append(Page(language, name, path, path.read_text(encoding="utf-8")))
    return found


def find(all_pages: list[Page], source: Path, target: str) -> tuple[Page | Path, str]:
    """What a link in this file leads to: a page, or a file or folder that is none; and the section's address."""
    file, _, wanted = unquote(target).partition("#")
    path = (source.parent / file).resolve() if file else source
    page = next((page for page in all_pages if page.source == path), None)
    return (page, page.anchor_of(wanted) or wanted) if page else (path, wanted)


def stage(language_pages: list[Page], folder: Path) -> None:
    """Copy the pages of one language, and their pictures, into a folder for Sphinx, with a table of contents."""
    folder.mkdir()
    for page in language_pages:

        def copy(found: re.Match, source: Path = page.source) -> str:
            shutil.copy(source.parent / found[2], folder)
            return f"{found[1]}{Path(found[2]).name})"

        whole = page.source.read_text(encoding="utf-8") if page.is_lesson else page.text
        text = re.sub(r"(!\[[^\]]*\]\()(?!https?:)([^)\s]+)\)", copy, whole)
        if page.name == "index":
            names = "\n".join(other.name for other in language_pages if other is not page)
            text += f"\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
        (folder / f"{page.name}.{'ipynb' if page.is_lesson else 'md'}").write_text(text, encoding="utf-8")
