"""Keeps the Chinese pages, in notebooks/zh, in step with the English ones.

    python tests/tools/translate.py                        bring over what has changed, list what waits for a translator
    python tests/tools/translate.py --keep 14edfdfb        this cell's Chinese still says what its English now says

A Chinese lesson has the cells of the English one: its code, tags, outputs and pictures, and Markdown in Chinese, with a
hash of the English that each cell translates. Its first code cell says `language("zh")`, which no English one does.
Where the English of a text has changed, the new English takes the place of the Chinese (which git still has), so that
no reader meets a stale sentence; a translator replaces it. After a merge with conflicts in notebooks/zh take either
side, and run the command.

Links lead to Chinese pages, and so does the command that starts JupyterLab: write them as the English text has them,
this command turns them. Sections have their English names in both languages, so that a link does not depend on how a
heading is translated: the command writes an anchor above each heading. (JupyterLab 4.6 finds no heading by a name that
has to be percent-encoded, as Chinese has.)

The README and the other Markdown pages are taken apart at their empty lines, their tables row by row. The hashes stand
at the end of the Chinese page; what is below `ONLY` there has no English. In the tables of problems only the first
column is translated, the second one is made from the Chinese headings.
"""

import argparse
import difflib
import hashlib
import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote

from helpers.sentences import COMMENT, DOCSTRING, JOIN, explained, join

ROOT = Path(__file__).resolve().parents[2]
ONLY = "<!-- What follows has no English: tests/tools/translate.py leaves it alone. -->"
HASHES = "<!-- The English of each part above, for tests/tools/translate.py:"
PAGES = ("problems.md", "which_one.md", "other_ways.md")  # in notebooks
LINK = re.compile(r"\]\(((?:[^()\s]|\([^()\s]*\))+)\)")
ROW = re.compile(r"\| (.*) \| \[(\d · )(.*)\]\((\S+)\) \|")  # of the table of problems
CODE = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
ANCHOR = re.compile(r'^<a id="[^"]*"></a>\n(?=#)', re.MULTILINE)
OWN = re.compile(r'^<a id="([^"]*)"></a>', re.MULTILINE)  # above a section that is in Chinese only
DOCS = "https://docs.python.org/"
# The command that opens the front page. Jupyter serves this folder; by itself it would serve only that of the page.
OPENS = ("jupyter lab README.md", "jupyter lab --notebook-dir=. notebooks/zh/README.md")
LANGUAGE = ["from helpers import language\n", "\n", 'language("zh")\n', "\n"]


@dataclass
class Cell:
    """A Markdown cell of a lesson, or a part of a Markdown page, in both languages."""

    name: str
    english: str
    chinese: str = ""
    translates: str = ""  # the hash of the English that `chinese` translates

    @property
    def in_step(self) -> bool:
        return self.translates == digest(self.english)

    @property
    def text(self) -> str:
        """The Chinese, if it translates what the English says now, or else the English."""
        return self.chinese if self.in_step else self.english


def output_in_chinese(output: dict) -> dict:
    """What `show`, `check` and tracebacks put out, as they do it in a Chinese notebook; anything else as it is."""
    texts = output.get("data", {})
    if "".join(texts.get("text/plain", "")).startswith("# helpers/"):
        return {**output, "data": {kind: lines(explained("".join(text), "zh")) for kind, text in texts.items()}}
    if (text := "".join(output.get("text", ""))).startswith(NOT_YET):
        said = verdict_in_chinese(text.removeprefix(NOT_YET).rstrip("\n"))
        return {**output, "text": [f"{CHINESE_NOT_YET}{said}\n"]} if said else output
    if output.get("name") == "stderr":  # a traceback shows lines of the code
        return {**output, "text": lines(explained("".join(output["text"]), "zh"))}
    return output


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def verdict_in_chinese(text: str) -> str | None:
    """A verdict, taken apart into the sentences of which it was made; None if it is not made of such."""
    if not text:
        return ""
    for pattern, chinese in VERDICTS.items():
        found = re.fullmatch(f"{pattern}(?: (?P<rest>.*))?", text, re.DOTALL)
        if found and (rest := verdict_in_chinese(found["rest"] or "")) is not None:
            values = found.groupdict(default="")
            values = {name: (value != text and verdict_in_chinese(value)) or value for name, value in values.items()}
            said = chinese.replace("!r", "").format(**values)
            return join("{first}{second}", said, rest) if rest else said
    return None


def pattern(sentence: str) -> str:
    """A regular expression that finds a sentence with whatever values."""
    names = re.findall(r"\\{(\w+)", text := re.escape(sentence))
    for name in dict.fromkeys(names):
        text = re.sub(rf"\\{{{name}(!r)?\\}}", f"(?P<{name}>.+?)", text, count=1)
        text = re.sub(rf"\\{{{name}(!r)?\\}}", f"(?P={name})", text)
    return text


NOT_YET = "Not yet: "
VERDICTS = json.loads((ROOT / "helpers" / "locale" / "zh.json").read_text(encoding="utf-8"))
del VERDICTS[JOIN]
CHINESE_NOT_YET = VERDICTS.pop(f"{NOT_YET}{{what}}").removesuffix("{what}")
VERDICTS = {pattern(english): VERDICTS[english] for english in sorted(VERDICTS, key=len, reverse=True)}
VERDICTS[r"(?P<call>\w+\(.*?\))"] = "{call}"  # how a call is named, if a judge says nothing else


class Lesson:
    """A lesson and its Chinese notebook."""

    def __init__(self, path: Path):
        self.path, self.to = path, path.parent / "zh" / path.name
        self.english = json.loads(path.read_text(encoding="utf-8"))
        self.chinese = {"cells": [], "metadata": {"english": {}}}
        if self.to.exists():
            self.chinese = json.loads(self.to.read_text(encoding="utf-8"))
            if "english" not in self.chinese["metadata"]:
                raise SystemExit(f"{self.to} has lost its hashes, get it back from git: git checkout {self.to}")
        hashes = self.chinese["metadata"]["english"]
        there = {cell["id"]: "".join(cell["source"]) for cell in self.chinese["cells"]}
        self.cells = [
            Cell(name, "".join(cell["source"]), there.get(name, ""), hashes.get(name, ""))
            for cell in self.english["cells"]
            if cell["cell_type"] == "markdown" and (name := cell["id"])
        ]

    def spoken(self, cell: dict) -> dict:
        """A cell as the Chinese notebook has it, but for its Markdown: the first code cell names the language."""
        if cell["cell_type"] != "code":
            return cell
        first = next(each["id"] for each in self.english["cells"] if each["cell_type"] == "code")
        source = explained("".join(cell["source"]), "zh").splitlines(keepends=True)
        outputs = [output_in_chinese(output) for output in cell["outputs"]]
        return {**cell, "source": [*LANGUAGE * (cell["id"] == first), *source], "outputs": outputs}

    def remarks(self) -> set[str]:
        """The comments and docstrings of its code, and of what `show` shows."""
        shown = [cell["outputs"] for cell in self.english["cells"] if cell["cell_type"] == "code"]
        texts = ["".join(cell["source"]) for cell in self.english["cells"] if cell["cell_type"] == "code"]
        texts += ["".join(each.get("data", {}).get("text/plain", "")) for outputs in shown for each in outputs]
        found = {
            " ".join(text.split()) for kind in (COMMENT, DOCSTRING) for code in texts for text in kind.findall(code)
        }
        return {text for text in found if not text.startswith("helpers/")}

    def made_of(self, texts: list[str]) -> str:
        """The Chinese notebook with these texts in its Markdown cells."""
        chinese = dict(zip([cell.name for cell in self.cells], texts, strict=True))
        hashes = {cell.name: digest(cell.english) for cell in self.cells}
        cells = [
            {**cell, "source": chinese[cell["id"]].splitlines(keepends=True)} if cell["id"] in chinese else cell
            for cell in map(self.spoken, self.english["cells"])
        ]
        metadata = {**self.english["metadata"], "english": hashes}
        notebook = {**self.english, "cells": cells, "metadata": metadata}
        return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


class Page:
    """A Markdown page and its Chinese."""

    def __init__(self, path: Path, to: Path):
        self.path, self.to = path, to
        english = parts(path.read_text(encoding="utf-8"))
        text = self.to.read_text(encoding="utf-8") if self.to.exists() else ""
        translated, _, rest = text.partition(ONLY)
        self.rest, _, hashes = rest.partition(HASHES)
        chinese, hashes = parts(translated), hashes.split()[:-1]
        if len(chinese) != len(hashes):
            raise SystemExit(
                f"{self.to} has {len(chinese)} parts (between empty lines, or rows), and {len(hashes)} hashes."
                " What is one part in English is one part in Chinese too. If all else fails, get it back from git."
            )
        self.cells = [Cell(digest(each), each) for each in english]
        now = [cell.name for cell in self.cells]
        for kind, i, j, k, m in difflib.SequenceMatcher(None, hashes, now, autojunk=False).get_opcodes():
            if kind == "equal" or (kind == "replace" and j - i == m - k):
                for cell, *there in zip(self.cells[k:m], chinese[i:j], hashes[i:j], strict=True):
                    cell.chinese, cell.translates = there

    def made_of(self, texts: list[str]) -> str:
        """The Chinese page with these texts as its parts."""
        hashes = "\n".join([HASHES, *(digest(cell.english) for cell in self.cells), "-->"])
        return "\n".join(
            [joined(texts), ONLY + "\n", *([self.rest.strip() + "\n"] * bool(self.rest.strip())), hashes, ""]
        )


def digest(english: str) -> str:
    """What is remembered of an English text: its words, not the sections to which it leads."""
    row = ROW.fullmatch(english)
    words = row[1] if row else LINK.sub(lambda match: f"]({match[1].partition('#')[0]})", english)
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def parts(text: str) -> list[str]:
    """Take a Markdown file apart: at its empty lines, its tables row by row."""
    found, apart, fenced = [], True, False
    for line in text.splitlines():
        row = line.startswith("|") and not fenced
        fenced ^= line.startswith("```")
        if not line.strip() and not fenced:
            apart = True
        elif apart or row:
            found.append(line)
            apart = row
        else:
            found[-1] += "\n" + line
    return found


def joined(texts: list[str]) -> str:
    """Put the parts of a Markdown file together again."""
    text, before = "", ""
    for each in texts:
        text += ("\n" if each.startswith("|") and before.startswith("|") else "\n\n") + each
        before = each
    return text.strip("\n") + "\n"


def headings(text: str) -> list[str]:
    """The headings of a Markdown text, without what are comments of its code."""
    return HEADING.findall(CODE.sub("", text))


def anchor(heading: str, path: Path) -> str:
    """The target of a link to a heading: JupyterLab's way in a notebook, GitHub's in a Markdown file."""
    if path.suffix == ".ipynb":
        return re.sub(r"[`*]", "", heading).replace(" ", "-")
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def encoded(target: str) -> str:
    """An anchor as browsers write it."""
    return quote(unquote(target), safe=";,/?:@&=+$!~*'")


def with_anchors(text: str, names: list[str]) -> str:
    """Give each heading an anchor, in their order, except for a title."""
    left = iter(names)

    def named(heading: re.Match) -> str:
        name = next(left, "")
        return heading[0] if heading[0].startswith("# ") else f'<a id="{name}"></a>\n{heading[0]}'

    pieces = CODE.split(ANCHOR.sub("", text))
    pieces[::2] = [HEADING.sub(named, piece) for piece in pieces[::2]]
    return "".join(pieces)


def links(text: str) -> list[str]:
    return LINK.findall(text)


def links_to_own(page: "Lesson | Page") -> set[str]:
    """The links that may stand in a Chinese page though its English has none: to its sections that have no English."""
    return {f"#{name}" for name in OWN.findall(getattr(page, "rest", ""))}


def prose(text: str) -> str:
    """A Markdown text without its code, tags, addresses and stars; an `x` stands for what was in code font."""
    text = LINK.sub("]", re.sub(r"`[^`]+`", "x", CODE.sub("", text)))
    return re.sub(r"<[^>]+>|!\[|[*\[\]]", "", text)


class Translation:
    """All pages in both languages, as they are on disk."""

    def __init__(self, root: Path = ROOT):
        lessons = sorted((root / "notebooks").glob("*.ipynb"))
        self.pages: dict[Path, Lesson | Page] = {path: Lesson(path) for path in lessons}
        chinese = root / "notebooks" / "zh"
        for path in [root / "README.md", *(root / "notebooks" / name for name in PAGES)]:
            if path.exists():
                self.pages[path] = Page(path, chinese / path.name)

    @cached_property
    def sections(self) -> dict[Path, dict[str, str]]:
        """For each page its Chinese headings, by their English anchors."""
        return {
            path: {
                anchor(english, path): chinese
                for cell in page.cells
                for english, chinese in zip(headings(cell.english), headings(cell.text), strict=False)
            }
            for path, page in self.pages.items()
        }

    def lead(self, link: str, page: Lesson | Page) -> str:
        """Turn a link of an English page: as it is to stand in the Chinese one."""
        if "://" in link:
            return link.replace(DOCS + "3/", DOCS + "zh-cn/3/")
        file, mark, target = link.partition("#")
        path = Path(os.path.normpath(page.path.parent / unquote(file)))
        if path == page.to:  # the link to the other language
            path = page.path
        elif path in self.pages:
            path = self.pages[path].to
        file = Path(os.path.relpath(path, page.to.parent)).as_posix() if file else ""
        return file + mark + encoded(target)

    def text(self, cell: Cell, page: Lesson | Page) -> str:
        """A cell as it is to stand in the Chinese page, with its links turned and anchors above its headings."""
        if row := ROW.fullmatch(cell.english):
            if not (own := ROW.fullmatch(cell.text)):
                raise SystemExit(f"{page.to}: this is no row of the table of problems: {cell.text}")
            file, _, target = row[4].partition("#")
            heading = self.sections[page.path.parent / file].get(unquote(target), row[3])
            return f"| {own[1]} | [{row[2]}{heading}]({self.lead(row[4], page)}) |"
        wanted = [self.lead(link, page) for link in links(cell.english)]
        own = links_to_own(page)
        left = [*(Counter(wanted) - Counter(links(cell.text))).elements()]

        def turned(match: re.Match) -> str:
            new = match[1]
            if new not in wanted and new not in own and left:
                new = self.lead(match[1], page)
                if new not in left:  # to a section that has a new name
                    file = match[1].partition("#")[0]
                    new = next((each for each in left if each.partition("#")[0] == file), left[0])
                left.remove(new)
            return f"]({new})"

        names = [encoded(anchor(heading, page.path)) for heading in headings(cell.english)]
        return with_anchors(LINK.sub(turned, cell.text), names).replace(*OPENS)

    def waits(self, cell: Cell, page: Lesson | Page) -> bool:
        """Whether a cell stands in English in the Chinese page, and there are words in it."""
        row = ROW.fullmatch(cell.english)
        words = re.search("[A-Za-z]{2}", prose(row[1] if row else cell.english))
        return bool(words) and self.text(cell, page) == self.text(Cell(cell.name, cell.english), page)

    def made(self, page: Lesson | Page) -> str:
        """What is to stand in the file of the Chinese page."""
        return page.made_of([self.text(cell, page) for cell in page.cells])

    def waiting(self) -> list[tuple[Lesson | Page, Cell]]:
        return [(page, cell) for page in self.pages.values() for cell in page.cells if self.waits(cell, page)]

    def bring_over(self) -> None:
        """Write the Chinese pages that have changed."""
        for page in self.pages.values():
            new = self.made(page)
            if not page.to.exists() or page.to.read_text(encoding="utf-8") != new:
                page.to.parent.mkdir(exist_ok=True)
                page.to.write_text(new, encoding="utf-8", newline="\n")
                print(f"wrote zh/{page.to.name}")

    def keep(self, names: list[str]) -> None:
        """Take it that the Chinese of these cells says what their English now says."""
        cells = {cell.name: cell for page in self.pages.values() for cell in page.cells if cell.chinese}
        for name in names:
            if name not in cells:
                raise SystemExit(f"no cell {name} with Chinese that could be kept")
            cells[name].translates = digest(cells[name].english)


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep the Chinese pages in step with the English ones.")
    parser.add_argument("--keep", nargs="+", default=[], metavar="CELL", help="cells whose Chinese is still right")
    options = parser.parse_args()
    translation = Translation()
    translation.keep(options.keep)
    translation.bring_over()
    waiting = translation.waiting()
    for page, cell in waiting:
        print(f"in English: {page.to.name} {cell.name} {cell.english.splitlines()[0][:80]}")
    print(f"{len(waiting)} cells wait for a translator (of a Markdown page, paragraphs and rows)")


if __name__ == "__main__":
    main()
