"""The commands of docs/api.md and of the README work when pasted."""

import os
import re
import subprocess
from pathlib import Path

from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from tests.worlds import PASSWORD, World

ROOT = Path(__file__).parents[3]


def pasted(page: Path, folder: Path, **variables: str) -> list[str]:
    """What the commands of a page print, run one after the other as somebody pastes them."""
    commands = "\n".join(re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL))
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], env={**os.environ, **variables}, cwd=folder,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_story_of_the_readme_works(running: tuple[str, int], world: World, tmp_path: Path) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("UPDATE app.person SET is_operator = (id = :id)"), {"id": world.mine.owner.id})
    said = pasted(ROOT / "README.md", tmp_path, API="http://{}:{}".format(*running), OWNER=world.mine.owner.email,
                  OWNER_PASSWORD=PASSWORD)  # fmt: skip
    assert said == [
        "A letter is on its way.", "analyst", "Acme", "As analyst you may not do this here: make and revoke API keys.",
        "Grace", "workspace.api_key.created",
        "The text has 312 weighted characters; X allows 280.",
        "This form of the variant was not approved, so it cannot be scheduled.", "in_review",
        "Clocks in Europe/Paris pass over 02:30",
        "scheduled", "The post was changed by somebody else meanwhile.",
    ]  # fmt: skip


def test_the_commands_of_the_api_page_work(running: tuple[str, int], world: World, tmp_path: Path) -> None:
    said = pasted(ROOT / "docs" / "api.md", tmp_path, API="http://{}:{}".format(*running),
                  EMAIL=world.mine.owner.email, PASSWORD=PASSWORD)  # fmt: skip
    assert said[0] == "{'from': '2025-12-15', 'to': '2026-01-11', 'days': 28}"
    assert int(said[1]) <= 12
    assert said[2:4] == ["America/New_York", "account_average"]
    assert '"format":"plain_csv","state":"waiting"' in said[4]
