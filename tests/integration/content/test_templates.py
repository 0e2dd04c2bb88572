"""Templates: filled in they make a post that can be written as it is, and say what they lack."""

from typing import Any

from clientnest.content.model import LONGEST_TEXT
from clientnest.ids import new_id
from tests.integration.content.conftest import Desk, seen

TEMPLATE: dict[str, Any] = {
    "name": "Market day",
    "text": "{{product}}, today from {{time}}. 🌽  {{{{not}} {x}\r\n",
    "network_texts": {"linkedin": "Meet us: {{product}} by {{ผู้เขียน}}."},
    "first_comment": "Where? {{place}}",
    "link": "https://shop.example.com/{{product}}",
    "utm": {"campaign": "{{product}}-market"},
}


def keep(desk: Desk, **more: Any) -> dict[str, Any]:
    return seen(desk("POST", "/templates", {**TEMPLATE, **more}))


def test_a_template_is_kept_to_the_letter_and_knows_its_placeholders(desk: Desk) -> None:
    label = seen(desk("POST", "/labels", {"name": "Market"}))["id"]
    made = keep(desk, labels=[label])
    again = seen(desk("GET", f"/templates/{made['id']}", by="admin"))
    assert {name: again[name] for name in TEMPLATE} == TEMPLATE
    assert again["placeholders"] == ["product", "time", "ผู้เขียน", "place"]
    (listed,) = desk("GET", "/templates").json()["items"]
    assert (listed["name"], listed["networks"], listed["labels"]) == ("Market day", ["linkedin"], [label])
    assert "text" not in listed
    assert desk("POST", "/templates", {**TEMPLATE, "name": "MARKET DAY"}).status_code == 409
    assert desk("GET", "/templates", by="client").status_code == 403


def test_filled_in_it_is_a_post_that_can_be_written(desk: Desk) -> None:
    label = seen(desk("POST", "/labels", {"name": "Market"}))["id"]
    made, accounts = keep(desk, labels=[label]), [str(desk.accounts[one]) for one in ("x", "linkedin")]
    values = {"product": "corn", "time": "{{place}} {{{{", "place": "Here", "ผู้เขียน": "Ada"}
    filled = seen(desk("POST", f"/templates/{made['id']}/fill", {"values": values, "accounts": accounts}))
    assert (filled["missing"], filled["unused"]) == ([], [])
    on_x, on_linkedin = filled["post"]["variants"]
    assert on_x["text"] == "corn, today from {{place}} {{{{. 🌽  {{not}} {x}\r\n", "values are not filled in again"
    assert on_linkedin["text"] == "Meet us: corn by Ada."
    assert on_x["link"] == "https://shop.example.com/corn"
    assert (on_x["first_comment"], on_x["utm"]) == ("Where? Here", {"campaign": "corn-market"})
    assert desk("GET", "/posts").json()["items"] == [], "nothing is kept"
    post = seen(desk("POST", "/posts", filled["post"]))
    assert (post["title"], post["labels"]) == ("Market day", [label])
    by_account = {one["account_id"]: one["content"]["text"] for one in post["variants"]}
    assert by_account == dict(zip(accounts, (on_x["text"], on_linkedin["text"]), strict=True))


def test_what_lacks_a_value_and_what_fits_nowhere_is_said(desk: Desk) -> None:
    made = keep(desk)
    body = {"values": {"time": "nine", "weather": "fine", "ผู้เขียน": "Ada"}, "accounts": [str(desk.accounts["x"])]}
    filled = seen(desk("POST", f"/templates/{made['id']}/fill", body))
    assert filled["missing"] == ["product", "place"], "what only LinkedIn's text asks for does not matter here"
    assert filled["unused"] == ["weather"], "a value for another network's text is not out of place"
    (variant,) = filled["post"]["variants"]
    assert variant["text"].startswith("{{product}}, today from nine.")
    assert variant["link"] == "https://shop.example.com/{{product}}"


def test_what_would_be_no_post_is_refused_before_it_is_put_together(desk: Desk) -> None:
    made = keep(desk, text="{{product}}" * 9_000)
    here, account = f"/templates/{made['id']}/fill", str(desk.accounts["x"])

    def refused(values: dict[str, str], account: str = account) -> Any:
        answer = desk("POST", here, {"values": values, "accounts": [account]})
        assert answer.is_client_error, answer.text
        return answer.json()

    # A small request for a text that nobody should put together.
    huge = refused({"product": "x" * 9_000})
    assert (huge["limit"], huge["measured"]) == (LONGEST_TEXT, 9_000 * 9_000)
    assert "link" in refused({"product": "two words"})["detail"]
    assert str(stranger := new_id()) in refused({}, str(stranger))["detail"]
    assert refused({"two words": "x"})["errors"][0]["field"].startswith("body.values")
    whole = keep(desk, name="Whole", text="", link="{{link}}", utm={"term": "{{term}}"})
    here = f"/templates/{whole['id']}/fill"
    assert "javascript" in refused({"link": "javascript:alert(1)"})["detail"]
    assert "utm term" in refused({"link": "https://example.com", "term": ""})["detail"]
    assert seen(desk("POST", here, {"values": {"link": "https://example.com", "term": "x"}, "accounts": [account]}))


def test_what_can_be_no_template_is_refused(desk: Desk) -> None:
    for wrong, status in (
        ({"link": "javascript:{{{{x}}"}, 422), ({"network_texts": {"myspace": "x"}}, 422),
        ({"labels": [str(new_id())]}, 404), ({"utm": {"campaign": ""}}, 422),
    ):  # fmt: skip
        assert desk("POST", "/templates", {**TEMPLATE, **wrong}).status_code == status, wrong
    assert desk("GET", "/templates").json()["items"] == []


def test_a_change_is_of_what_is_given_and_says_what_it_was_decided_on(desk: Desk) -> None:
    made = keep(desk)
    here = f"/templates/{made['id']}"
    assert desk("PATCH", here, {"text": "x"}).status_code == 428
    changed = seen(desk("PATCH", here, {"text": "{{new}}", "first_comment": None, "utm": {}}, If_Match=made["etag"]))
    assert (changed["text"], changed["first_comment"], changed["utm"]) == ("{{new}}", None, {})
    assert (changed["name"], changed["network_texts"]) == (TEMPLATE["name"], TEMPLATE["network_texts"])
    assert desk("PATCH", here, {"text": "y"}, If_Match=made["etag"]).status_code == 412
    (told, *_) = desk("GET", "/audit-events", by="admin").json()["items"]
    fields = next(one["after"] for one in told["changes"] if one["field"] == "fields")
    assert sorted(fields) == ["first_comment", "text", "utm"]
    assert desk("DELETE", here).status_code == 204
    assert desk("GET", here).status_code == 404
