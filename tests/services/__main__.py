"""`python -m tests.services`: install every program the tests start that is not a Python package."""

import os
import shutil
import subprocess

from tests.services import community, timescaledb

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def install_chromium() -> None:
    """Debian's Chromium, where no Chromium is on PATH."""
    if os.environ.get("CLIENTNEST_TEST_CHROMIUM") or any(shutil.which(name) for name in _CHROMIUM):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(
            "The browser tests need Chromium. As root on Debian, `make setup` installs it; elsewhere install it, "
            "or set CLIENTNEST_TEST_CHROMIUM to its program."
        )
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-core"], check=True
    )


if __name__ == "__main__":
    install_chromium()
    timescaledb.install()
    community.install()
