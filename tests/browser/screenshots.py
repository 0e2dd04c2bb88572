"""The pictures in README.md, taken of a running demo: `python -m tests.browser.screenshots ADDRESS EMAIL PASSWORD`.

ADDRESS is that of the dashboards; the table of addresses at the start shows all three.
"""

import sys
from pathlib import Path

from tests.browser.chromium import chromium
from tests.browser.dashboards.conftest import fill_in, settled, signed_in

FOLDER = Path(__file__).parents[2] / "docs" / "images"
PAGES = {"overview": ("/", 1400), "posts": ("/posts?order=Most+engagement", 1000), "best-times": ("/best-times", 1250)}


def main(address: str, email: str, password: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page = context.new_page()
        page.goto(address)
        fill_in(page, email, password)
        signed_in(page)
        for name, (path, height) in PAGES.items():
            page.set_viewport_size({"width": 1280, "height": height})
            page.goto(address + path)
            signed_in(page)
            page.wait_for_timeout(1_500)  # charts are drawn after their page
            settled(page)
            page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
