"""`clientnest apps`: what the operator enters serves every workspace, and its secret is shown to nobody."""

from typer.testing import CliRunner

from clientnest import accounts
from clientnest.cli import app
from clientnest.db import session
from clientnest.db.roles import Role
from tests.conftest import make_workspace

SECRET = "a-secret-of-the-operators"


def _run(*arguments: str, given: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["apps", *arguments], input=given)
    return done.exit_code, done.output


def test_an_app_is_entered_with_its_secret_from_a_pipe_listed_and_removed(database: str) -> None:
    workspace_id = make_workspace()
    at = ("--server", "https://Social.Example")
    assert _run("set", "mastodon", "of-all", *at, given="\n")[0] == 1, "no secret, and nothing said of that"
    code, said = _run("set", "mastodon", "of-all", *at, given=f"{SECRET}\n")
    assert (code, "in every workspace that has no app of its own at social.example" in said) == (0, True)
    listed = _run("list")[1]
    assert "app at social.example: of-all, with a secret" in listed
    assert "/connect/callback" in listed
    assert SECRET not in said + listed
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        found = accounts.find_app(connection, workspace_id, "mastodon", server="social.example")
        assert (found.client_id, found.client_secret) == ("of-all", SECRET)
        assert not accounts.needs_registering(connection, workspace_id, "mastodon", "social.example")
        assert accounts.kept_apps(connection, workspace_id) == []
    assert _run("set", "mastodon", "changed", *at, "--public")[0] == 0
    assert "changed, without a secret" in _run("list")[1]
    assert _run("remove", "mastodon", *at)[0] == 0
    code, said = _run("remove", "mastodon", *at)
    assert (code, "has no app for mastodon at social.example" in said) == (1, True)
    assert "cannot be connected yet" in _run("set", "tiktok", "x", "--public")[1]
