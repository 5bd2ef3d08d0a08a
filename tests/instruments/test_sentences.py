"""The sentences of `check` can be translated, and are, into the language of the notebook."""

import json
import re

import pytest
from untranslated import HELPERS, SOURCES, everything, lacking, sentences

import helpers
from helpers.checking import verdict
from helpers.sentences import CHOSEN, _read, say, translated

CATALOGUES = sorted(HELPERS.glob("locale/*.json"))
FIELD = re.compile(r"{(\w*)")


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv(CHOSEN, "en")


@pytest.fixture
def chinese(monkeypatch):
    """A catalogue with these sentences."""
    texts = {
        "{first} {second}": "{first}{second}",
        "Not yet: {what}": "还不对：{what}",
        "left {n} of {what}": "{what}剩{n}",
    }
    texts["the lock"] = "锁"
    monkeypatch.setattr(_read("zh"), "texts", texts)
    helpers.language("zh")


def test_a_sentence_stays_english_until_a_language_is_chosen():
    assert translated(say("left {n} of {what}", n=2, what="the lock")) == "left 2 of the lock"
    assert translated(("one.", "", say("two{n}.", n=2))) == "one. two2."
    assert translated(()) == translated("") == ""


def test_a_sentence_is_translated_with_its_values_and_parts(chinese):
    assert translated(say("left {n} of {what}", n=2, what=("the lock",))) == "锁剩2"
    assert translated(say("left {n} of {what}", n=2, what="the lock")) == "the lock剩2"  # a value is no sentence
    assert translated(("the lock", say("left {n} of {what}", n=2, what="{n}"))) == "锁{n}剩2"
    assert translated("has no translation") == "has no translation"


def test_a_verdict_comes_in_the_language_of_the_notebook(chinese, tmp_path):
    assert verdict("process", 1, tmp_path).startswith("还不对：")


def test_an_unknown_language_is_an_error():
    with pytest.raises(ValueError, match="no language 'xx'; there are: en, zh"):
        helpers.language("xx")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_has_values_can_be_translated(path):
    f_strings = [
        text
        for text in sentences(path)[1]
        if not text.startswith(("no exercise", "no lesson", "an object of", "its text"))
    ]
    assert f_strings == [], 'write say("… {count} …", count=2)'


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_has_only_what_is_said_with_the_same_values(path):
    catalogue = json.loads(path.read_text(encoding="utf-8"))
    assert set(catalogue) - set(everything()) == set(), "no judge says that any more"
    differing = [
        text for text, other in catalogue.items() if other and set(FIELD.findall(text)) != set(FIELD.findall(other))
    ]
    assert differing == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_sentence_has_a_translation(path):
    assert lacking(path.stem) == [], "python tests/tools/untranslated.py"
