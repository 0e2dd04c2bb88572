"""The commands of docs/api.md work when pasted."""

import os
import re
import subprocess
from pathlib import Path

from tests.worlds import PASSWORD, World

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_commands_of_the_page_work_one_after_the_other(
    running: tuple[str, int], world: World, tmp_path: Path
) -> None:
    commands = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL))
    environment = {**os.environ, "API": "http://{}:{}".format(*running), "EMAIL": world.mine.owner.email,
                   "PASSWORD": PASSWORD}  # fmt: skip
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], env=environment, cwd=tmp_path,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "{'from': '2025-12-15', 'to': '2026-01-11', 'days': 28}"
    assert int(said[1]) <= 12
    assert said[2:4] == ["America/New_York", "account_average"]
    assert '"format":"plain_csv","state":"waiting"' in said[4]
