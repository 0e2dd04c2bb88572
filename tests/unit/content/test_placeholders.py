"""Placeholders: whatever a template holds is read, in linear time, and can be written again to the letter."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clientnest.content.placeholders import escaped, filled, is_name, names, parse

BRACES = st.text(st.sampled_from("{{{}}} aé_9\n")) | st.text() | st.text(st.characters(codec=None))
NAMES = st.sampled_from(["product", "größe", "สินค้า", "उत्पाद", "商品2", "a_1", "x" * 40])


def say(text: str, **values: str) -> str:
    return "".join(filled(text, values))


@given(BRACES)
@example("{{{{{a}}")
@example("\ud800{{a\ud800}}")
def test_any_text_is_read_and_is_there_again_to_the_letter(text: str) -> None:
    assert "".join(piece.written for piece in parse(text)) == text


@given(BRACES, st.dictionaries(NAMES, BRACES))
def test_what_is_escaped_stands_there_as_it_is(text: str, values: dict[str, str]) -> None:
    assert say(escaped(text), **values) == text
    assert names(escaped(text)) == []


@given(st.lists(st.tuples(BRACES, NAMES)), BRACES, st.dictionaries(NAMES, BRACES))
def test_placeholders_among_any_text_are_found_and_filled_once(
    parts: list[tuple[str, str]], end: str, values: dict[str, str]
) -> None:
    template = "".join(escaped(text) + "{{" + name + "}}" for text, name in parts) + escaped(end)
    assert names(template) == list(dict.fromkeys(name for _, name in parts))
    # A value that holds braces, or the name of another, is text like any.
    shown = "".join(text + values.get(name, "{{" + name + "}}") for text, name in parts) + end
    assert say(template, **values) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{product}}", ["product"]),
        ("{{ product }}", ["product"]),
        ("{{{product}}}", ["product"]),
        ("{{a}}{{b}}{{a}}", ["a", "b"]),
        ("{{" + "x" * 41 + "}}", []),
        ("{{1st}} {{_x}} {{a b}} {{a-b}} {{}} {{ }} {a} {{a} }} {{a\n}} {{a", []),
        ("{{{{product}}", []),
        ("{{{{{{product}}", ["product"]),
        ("{{a\u200d}}", []),
    ],
)
def test_what_is_a_placeholder(text: str, found: list[str]) -> None:
    assert names(text) == found


@given(BRACES)
def test_a_name_is_one_that_a_placeholder_can_have(name: str) -> None:
    assert is_name(name) == (names("{{" + name + "}}") == [name] and name == name.strip(" "))


@pytest.mark.parametrize(
    "piece",
    ["{", "{{", "{{{{{", "{{a", "{{ ", "{{a ", "{{" + "a" * 40, "}}", "{{a}", "{{" + " " * 5000, "{{a" + " " * 5000],
)
def test_a_megabyte_of_braces_is_read_at_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert sum(1 for _ in parse(text)) >= 1, "hours, if each brace looked through all that follows"
