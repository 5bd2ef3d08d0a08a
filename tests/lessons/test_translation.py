"""The Chinese pages: in step with the English ones, cell by cell, and in good Chinese, as far as a program can tell."""

import json
import re
from collections import Counter
from functools import cache
from urllib.parse import unquote

import pytest
from store import METADATA
from test_notebooks import LESSONS, ROOT, broken_links
from translate import (
    CODE,
    OPENS,
    PAGES,
    ROW,
    Cell,
    Lesson,
    Page,
    Translation,
    digest,
    headings,
    links,
    links_to_own,
    prose,
)

from helpers.chart import ENDS
from helpers.spans import KINDS

STEMS = [*(path.stem for path in LESSONS), "README", *(name.removesuffix(".md") for name in PAGES)]
TO_DO = "python tests/tools/translate.py"
NOT_KEPT = """The Chinese does not say what the English says. If it was kept by --keep, and you don't read Chinese, take
the page in notebooks/zh back from git, and run python tests/tools/translate.py without --keep. Else correct it."""
HAN = "[一-鿿]"
# What is easily got wrong, and an example of each. An `x` stands for what is in code font.
MISTAKES = {
    "half-width punctuation": (rf"{HAN}([,;:?!()]|\.(?!\.))|[,;:?!)] ?{HAN}|(?<!\d)\. ?{HAN}|\( ?{HAN}", "进程,线程"),
    "no space between Chinese and Latin": (rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9%]{HAN}", "用pickle"),
    "a space beside full-width punctuation": (
        "[^|\n ] +[，。；：？！、（）》”]|[，。；：？！、（）《“] +[^|\n ]",
        "先等， 再读",
    ),
    "a space between two Chinese characters": (rf"{HAN} +{HAN}", "先等 再读"),
    "straight quotes": (rf"[\"']{HAN}|{HAN}[\"']", '"进程"'),
    "a line that breaks within a paragraph": (rf"(?<=[^\n|]\n){HAN}", "先等，\n再读"),
    "too polite": ("您", "您好"),
    "three dots": (rf"{HAN}\.\.\.|…{{3,}}", "等等..."),
    "two marks in a row": ("[，。；：、？！][，。；：、？！]", "先等，。"),
    "a measure word": ("[一两几每这那]个(?:锁|管道|消息|泳道|色条|回溯|曲线)", "一个管道"),
}


def problems_of_bold(text: str) -> list[str]:
    """Stars that stay on the page, because Markdown takes no `**` for an end between punctuation and a letter."""
    found = []
    text = CODE.sub("", text)
    for line in re.sub(r"`[^`]+`", lambda code: "`" + "x" * (len(code[0]) - 2) + "`", text).splitlines():
        for number, stars in enumerate(re.finditer(r"\*+", line)):
            inside, outside = line[stars.end() : stars.end() + 1], line[: stars.start()][-1:]
            if number % 2:
                inside, outside = outside, inside
            if inside.isspace() or (re.match(r"[^\w\s]", inside) and re.match(r"\w", outside)):
                found.append(line)
    return found


def mistakes(text: str) -> list[str]:
    """What is wrong with a Chinese text, as far as characters tell."""
    plain = prose(text)
    found = [
        f"{name}: …{plain[max(0, hit.start() - 10) : hit.end() + 10]}…"
        for name, (pattern, _) in MISTAKES.items()
        for hit in re.finditer(pattern, plain, re.MULTILINE)
    ]
    return found + [f"bold that does not show: {line}" for line in problems_of_bold(text)]


@cache
def translation() -> Translation:
    return Translation()


@pytest.fixture(params=STEMS)
def page(request) -> Lesson | Page:
    return next(page for path, page in translation().pages.items() if path.stem == request.param)


def translated(page: Lesson | Page) -> list[Cell]:
    return [cell for cell in page.cells if cell.in_step and not translation().waits(cell, page)]


def test_comments_and_docstrings_of_shown_code_have_chinese_ones_and_no_others_have():
    known = json.loads((ROOT / "helpers" / "locale" / "code" / "zh.json").read_text(encoding="utf-8"))
    said = set().union(*(page.remarks() for page in translation().pages.values() if isinstance(page, Lesson)))
    assert set(known) == said


def differences(page: Lesson | Page) -> list[str]:
    """Where a Chinese page is not what the English one makes it, cell by cell."""
    found = []
    if isinstance(page, Lesson):
        section, there = "", {cell["id"]: cell for cell in page.chinese["cells"]}
        for cell in page.english["cells"]:
            source = "".join(cell["source"])
            section = ([section] + (headings(source) if cell["cell_type"] == "markdown" else []))[-1]
            other = there.get(cell["id"], {})
            spoken = page.spoken(cell)
            parts = {part for part in {*spoken, *other} if spoken.get(part) != other.get(part)}
            if cell["cell_type"] == "markdown":
                parts.discard("source")
            if parts:
                what = "is missing" if not other else f"differs in {', '.join(sorted(parts))}"
                found.append(f"{page.to.name} {cell['id']} (section “{section}”) {what}")
        ids = [cell["id"] for cell in page.english["cells"]]
        if [name for name in there if name in ids] != [name for name in ids if name in there] or set(there) - set(ids):
            found.append(f"{page.to.name} has cells in another order, or cells of its own: {set(there) - set(ids)}")
    for cell in page.cells:
        if not cell.in_step:
            found.append(f"{page.to.name} {cell.name}: its English has changed: {cell.english[:60]}")
    return found


def test_it_is_in_step(page):
    assert differences(page) == [], TO_DO
    assert translation().made(page) == page.to.read_text(encoding="utf-8"), TO_DO


def test_links_lead_to_what_is_there(page):
    text = page.to.read_text(encoding="utf-8")
    if isinstance(page, Lesson):
        text = "\n".join(cell.text for cell in page.cells)
    assert broken_links(page.to, text) == []


def test_links_lead_where_the_english_ones_lead(page):
    for cell in page.cells:
        wanted = [translation().lead(link, page) for link in links(cell.english)]
        there = [link for link in links(cell.text) if link not in links_to_own(page)]
        assert Counter(map(unquote, there)) == Counter(map(unquote, wanted)), f"{cell}\n{TO_DO}"


LEGEND = re.compile("^图中文字：.*\n\n", re.MULTILINE)  # what a lesson's pictures say, which English readers can read


def shape(text: str) -> dict[str, object]:
    """What is the same in both languages."""
    text = LEGEND.sub("", text)
    row = ROW.fullmatch(text)
    text = row[1] if row else text
    text = text.replace(OPENS[1], OPENS[0]).replace("notebooks/zh/README.md", "README.md")
    plain = CODE.sub("", text)
    return {
        "headings": [len(marks) for marks in re.findall(r"^(#+) ", plain, re.MULTILINE)],
        "code blocks": CODE.findall(text),
        "code in the text": {*re.findall(r"`([^`]+)`", plain)},
        "rows and columns": [line.count("|") for line in re.sub(r"`[^`]+`", "", plain).splitlines() if line[:1] == "|"],
        "folded parts": re.findall(r"</?(?:details|summary)>", plain),
        "items of lists": len(re.findall(r"^(?:-|\d+\.) ", plain, re.MULTILINE)),
        "paragraphs": len(re.split(r"\n\s*\n", text)),
    }


def test_it_has_the_shape_of_the_english(page):
    for cell in translated(page):
        english, chinese = shape(cell.english), shape(cell.text)
        assert chinese == english, f"{page.to.name} {cell.name}: {NOT_KEPT}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_chinese_lesson_says_once_what_the_words_of_its_pictures_mean(path):
    cells = next(page for page in translation().pages.values() if page.path == path).chinese["cells"]
    pictures = [each.get("metadata", {}).get("image/png") for cell in cells for each in cell.get("outputs", [])]
    seen = " ".join(picture["alt"] for picture in pictures if picture)
    (legend,) = LEGEND.findall("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))
    assert [word for word in (*KINDS, *ENDS) if word in seen and f"（{word}）" not in legend] == []


def test_its_chinese_is_written_as_chinese_is(page):
    found = {cell.name: mistakes(cell.text) for cell in translated(page)}
    assert {name: each for name, each in found.items() if each} == {}


def test_what_the_readme_has_in_chinese_only():
    readme = translation().pages[ROOT / "README.md"]
    assert mistakes(readme.rest) == []


def test_the_command_that_starts_jupyterlab_opens_the_chinese_page():
    for name in ("README.md", "other_ways.md"):
        text = (ROOT / "notebooks" / "zh" / name).read_text(encoding="utf-8")
        assert len(re.findall("jupyter lab ", text)) == text.count(OPENS[1]) > 0


TERM, COMMON, EACH_LESSON, FIXED, SLIPS = range(5)  # the tables of the glossary


def glossary(number: int) -> list[tuple[str, ...]]:
    """The rows of a table of the glossary: terms, common words, what stands in each lesson, fixed words, slips."""
    text = translation().pages[ROOT / "README.md"].rest
    tables = re.findall(r"(?:^\|.*\n?)+", text.partition("## 术语表")[2], re.MULTILINE)
    return [tuple(each.strip() for each in row.strip("|").split("|")) for row in tables[number].splitlines()[2:]]


TERMS = {english: chinese for forms, chinese, _ in glossary(TERM) for english in forms.split(", ")}
ENGLISH = re.compile(rf"\b({'|'.join(sorted(map(re.escape, TERMS), key=len, reverse=True))})(?:e?s)?\b", re.IGNORECASE)
CHINESE = re.compile("|".join(sorted(map(re.escape, TERMS.values()), key=len, reverse=True)))


def test_no_term_is_translated_in_two_ways(page):
    """Where the English has a term, the Chinese has what the glossary says (or a longer term that contains it)."""
    missing = []
    for cell in translated(page):
        row = ROW.fullmatch(cell.english)
        english, chinese = prose(row[1] if row else cell.english), prose(cell.text)
        for message in re.findall('"([^"]+)"', english):
            if message in chinese:  # quoted as it is
                english = english.replace(message, "")
        for term in sorted({match[1].lower() for match in ENGLISH.finditer(english)}):
            longer = {to for other, to in TERMS.items() if re.search(rf"\b{re.escape(term)}\b", other.lower())}
            if not any(to in chinese for to in longer):
                missing.append(f"{cell.name}: {term} is not {' or '.join(sorted(longer))}")
    assert missing == [], NOT_KEPT


def test_no_other_word_for_a_term(page):
    others = [other for *_, others in glossary(FIXED) + glossary(SLIPS) for other in others.split("、")]
    for cell in translated(page):
        row = ROW.fullmatch(cell.text)  # its second column is a heading of a lesson
        text = prose(row[1] if row else cell.text)
        assert [other for other in others if other in text] == [], f"{page.to.name} {cell.name}"


def first_without_english(all_pages: Translation) -> list[str]:
    """The terms of the glossary that have no English beside them where they first appear, apart from headings.

    A cell that waits for its translator may be the first one, in whatever words its English has it. So what comes after
    it is looked at only when it does not wait any longer.
    """
    missing, seen = [], set()
    for page in all_pages.pages.values():
        for cell in page.cells if isinstance(page, Lesson) else []:
            if all_pages.waits(cell, page):
                return missing
            text = prose(re.sub("^#.*", "", cell.text, flags=re.MULTILINE))
            for term in dict.fromkeys(CHINESE.findall(text)):
                forms = [form.partition(" (")[0] for form, to in TERMS.items() if to == term]
                explained = f"{term}（({'|'.join(map(re.escape, forms))})"
                if term not in seen and not re.search(explained, text, re.IGNORECASE):
                    missing.append(f"{page.to.name} {cell.name}: write {term}（{forms[0]}）where {term} first stands")
                seen.add(term)
    return missing


def test_the_english_stands_beside_a_term_where_it_first_appears():
    assert first_without_english(translation()) == []


def test_what_stands_in_each_lesson_reads_the_same_in_each(page):
    same = dict(glossary(EACH_LESSON))
    sentences = {english: chinese for english, chinese in same.items() if english[-1] in ":."}
    kinds = [r"^#+ +(.*?) *$", r"<summary>(.*?)</summary>", r"\*\*(.*?):?\*\*"]
    for cell in translated(page):
        where = f"{page.to.name} {cell.name}"
        for kind in kinds:
            pairs = zip(*(re.findall(kind, text, re.MULTILINE) for text in (cell.english, cell.text)), strict=False)
            for english, chinese in pairs:
                assert chinese == same.get(english, chinese), where
        for english, chinese in sentences.items():
            assert english not in cell.english or chinese in cell.text, where


@pytest.mark.parametrize(("name", "example"), [(name, example) for name, (_, example) in MISTAKES.items()])
def test_a_mistake_is_found(name, example):
    assert {each.partition(":")[0] for each in mistakes(f"先写好的一段。\n\n{example}\n")} == {name}


def test_bold_that_does_not_show_is_found():
    assert problems_of_bold("**猜一猜：**哪一行")
    assert problems_of_bold("这是**（一）**")
    assert problems_of_bold("用**`join`**等待")
    assert not problems_of_bold("**猜一猜**：哪一行，`a ** b`，*斜体*，以及**粗体**。")


def write(path, cells: list[tuple[str, str]]) -> None:
    """Write a notebook: Markdown, and code for what begins with `print`."""
    found = []
    for name, source in cells:
        cell = {"id": name, "metadata": {}, "source": source.splitlines(keepends=True)}
        if source.startswith("print"):
            output = {"name": "stdout", "output_type": "stream", "text": ["1\n"]}
            found.append({**cell, "cell_type": "code", "execution_count": 1, "outputs": [output]})
        else:
            found.append({**cell, "cell_type": "markdown"})
    notebook = {"cells": found, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


ROWS = """| `A` is wrong | [1 · One (more)](01_one.ipynb#One-%28more%29) |
| b is wrong | [2 · Three](02_two.ipynb#Three) |
"""
README = "# Read me\n\nSee [below](#a-list).\n\n## A list\n\nAll of it.\n"
PROBLEMS = f"# Problems\n\n## A table\n\n| what | where |\n|---|---|\n{ROWS}"
ONE = [
    ("aaa", "# One\n\nTo [three](02_two.ipynb#Three), [the README](../README.md#a-list)."),
    ("bbb", "print(1)"),
    ("ccc", "## One (more)\n\n```python\n# no heading\n```\n\nSee [here](#One-(more))."),
]
TWO = [("ddd", "# Two\n\n## Three\n\nBack to [one](01_one.ipynb#One-%28more%29), not [two](02_two.ipynb).")]
WORDS = {
    ONE[0][1]: "# 一\n\n到[三](02_two.ipynb#Three)、[说明](../README.md#a-list)。",
    ONE[2][1]: "## 还有（一）\n\n```python\n# no heading\n```\n\n见[这里](#One-(more))。",
    "# Read me": "# 读我",
    "See [below](#a-list).": "见[下面](#a-list)。",
    "## A list": "## 列表",
    "# Problems": "# 问题",
    ROWS.splitlines()[1]: "| b 不对 | [2 · x](y) |",
}


@pytest.fixture
def tree(tmp_path):
    """A small collection whose first lesson and README are translated."""
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks" / "01_one.ipynb", ONE)
    write(tmp_path / "notebooks" / "02_two.ipynb", TWO)
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "notebooks" / "problems.md").write_text(PROBLEMS, encoding="utf-8")
    first = Translation(tmp_path)
    for cell in [cell for page in first.pages.values() for cell in page.cells if cell.english in WORDS]:
        cell.chinese, cell.translates = WORDS[cell.english], digest(cell.english)
    first.bring_over()
    return tmp_path


def page_of(translation: Translation, stem: str) -> Lesson | Page:
    return next(page for path, page in translation.pages.items() if path.stem == stem)


def brought_over(tree, stem: str) -> str:
    """The Chinese of a page, after the command."""
    Translation(tree).bring_over()
    return page_of(Translation(tree), stem).to.read_text(encoding="utf-8")


def change(tree, name: str, old: str, new: str) -> None:
    text = (tree / name).read_text(encoding="utf-8")
    assert old in text
    (tree / name).write_text(text.replace(old, new), encoding="utf-8")


def source(tree, stem: str, number: int) -> str:
    return "".join(json.loads(brought_over(tree, stem))["cells"][number]["source"])


def test_links_lead_to_chinese_pages_and_sections(tree):
    assert source(tree, "01_one", 0) == "# 一\n\n到[三](02_two.ipynb#Three)、[说明](README.md#a-list)。"
    assert source(tree, "01_one", 2) == (
        '<a id="One-%28more%29"></a>\n## 还有（一）\n\n```python\n# no heading\n```\n\n见[这里](#One-%28more%29)。'
    )
    assert source(tree, "02_two", 0).endswith("[one](01_one.ipynb#One-%28more%29), not [two](02_two.ipynb).")
    assert brought_over(tree, "README").startswith(
        """# 读我

见[下面](#a-list)。

<a id="a-list"></a>
## 列表

All of it.

<!--"""
    )
    assert brought_over(tree, "problems").startswith(
        """# 问题

<a id="a-table"></a>
## A table

| what | where |
|---|---|
| `A` is wrong | [1 · 还有（一）](01_one.ipynb#One-%28more%29) |
| b 不对 | [2 · Three](02_two.ipynb#Three) |

<!--"""
    )


def test_nothing_is_to_do_the_second_time(tree):
    before = [path.read_bytes() for path in sorted((tree / "notebooks" / "zh").iterdir())]
    Translation(tree).bring_over()
    assert [path.read_bytes() for path in sorted((tree / "notebooks" / "zh").iterdir())] == before
    assert [differences(page) for page in Translation(tree).pages.values()] == [[], [], [], []]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("01_one.ipynb", "See [here]", "Look [here]", "ccc: its English has changed: ## One (more)"),
        ("01_one.ipynb", "print(1)", "print(2)", "bbb (section “One”) differs in source"),
        ("01_one.ipynb", '["1\\n"]', '["2\\n"]', "bbb (section “One”) differs in outputs"),
        (
            "01_one.ipynb",
            '"execution_count": 1',
            '"execution_count": 2',
            "bbb (section “One”) differs in execution_count",
        ),
        ("01_one.ipynb", '"ccc"', '"eee"', "eee (section “One (more)”) is missing"),
        (
            "zh/01_one.ipynb",
            '"metadata": {},\n   "outputs"',
            '"metadata": {"tags": ["a"]},\n   "outputs"',
            "differs in metadata",
        ),
        ("../README.md", "See [below]", "Look [below]", "its English has changed: Look [below]"),
        ("problems.md", "b is wrong", "b fails", "its English has changed: | b fails"),
    ],
)
def test_a_difference_is_named_and_the_command_mends_it(tree, file, old, new, says):
    change(tree, f"notebooks/{file}", old, new)
    found = "\n".join(each for page in Translation(tree).pages.values() for each in differences(page))
    assert says in found
    Translation(tree).bring_over()
    assert [each for page in Translation(tree).pages.values() for each in differences(page)] == []


def test_new_english_takes_the_place_of_stale_chinese_only(tree):
    change(tree, "notebooks/01_one.ipynb", "See [here]", "Look [here]")
    assert source(tree, "01_one", 0).startswith("# 一")
    assert source(tree, "01_one", 2).endswith("Look [here](#One-%28more%29).")
    waiting = [cell.name for page, cell in Translation(tree).waiting() if page.path.stem == "01_one"]
    assert waiting == ["ccc"]


def test_a_term_that_has_lost_its_english_is_named_with_what_to_write(tree):
    pages = Translation(tree)
    first, second = page_of(pages, "01_one").cells
    first.chinese, second.chinese = "这里有一把锁（lock）。", "## 还有\n\n又是这把锁。"
    assert first_without_english(pages) == []
    first.chinese = "这里什么也没有。"
    assert first_without_english(pages) == ["01_one.ipynb ccc: write 锁（lock）where 锁 first stands"]
    first.english += " One sentence more."  # it waits, and may be where the lock is explained
    assert first_without_english(pages) == []


def test_links_follow_a_section_that_has_a_new_name(tree):
    change(tree, "notebooks/02_two.ipynb", "## Three", "## Four")
    change(tree, "notebooks/01_one.ipynb", "02_two.ipynb#Three", "02_two.ipynb#Four")
    change(tree, "notebooks/problems.md", "[2 · Three](02_two.ipynb#Three)", "[2 · Four](02_two.ipynb#Four)")
    assert "到[三](02_two.ipynb#Four)" in source(tree, "01_one", 0)
    assert "| b 不对 | [2 · Four](02_two.ipynb#Four) |" in brought_over(tree, "problems")


def test_chinese_that_is_still_right_can_be_kept(tree):
    change(tree, "notebooks/01_one.ipynb", "See [here]", "Look [here]")
    translation = Translation(tree)
    translation.keep(["ccc"])
    translation.bring_over()
    assert "见[这里]" in brought_over(tree, "01_one")
    assert differences(page_of(Translation(tree), "01_one")) == []
    with pytest.raises(SystemExit, match="no cell cccc"):
        translation.keep(["cccc"])


def test_a_new_row_leaves_the_others_in_chinese(tree):
    change(tree, "notebooks/problems.md", "| b is", "| a new one | [2 · Three](02_two.ipynb#Three) |\n| b is")
    assert "| a new one | [2 · Three](02_two.ipynb#Three) |\n| b 不对 |" in brought_over(tree, "problems")


def test_lost_hashes_are_no_reason_to_throw_the_chinese_away(tree):
    change(tree, "notebooks/zh/01_one.ipynb", '"english": {', '"lost": {')
    with pytest.raises(SystemExit, match="has lost its hashes"):
        Translation(tree)
