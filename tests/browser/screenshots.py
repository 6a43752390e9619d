"""`make screenshots`: every page at 1280 and 400 px, light and dark, as assets/screenshots/VIEW-WIDTH-THEME.png."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = {1280: 900, 400: 860}  # px: width -> height
DONE = """() => !document.querySelector('.mer-wait') && !document.querySelector('[data-testid="stStatusWidget"]')
    && document.querySelector('[data-testid="stMainBlockContainer"]')?.innerText.length > 40"""


def play(page: Page) -> None:
    page.get_by_test_id("play").click()
    page.wait_for_timeout(4000)


def pull_a_fader(page: Page) -> None:
    page.get_by_test_id("volume-drums").evaluate("""(e) => {
        e.value = 0.2;
        for (const name of ["input", "change"]) e.dispatchEvent(new Event(name, { bubbles: true }));
    }""")
    page.locator(".st-key-mixed").wait_for(timeout=180_000)


def paint(page: Page) -> None:
    page.get_by_test_id("tool-box").click()
    box = page.get_by_test_id("seek").bounding_box()
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.62
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.15, y + 60, steps=4)
    page.mouse.up()
    page.locator(".st-key-asked").wait_for(timeout=180_000)


def watch_the_listeners(page: Page) -> None:
    page.get_by_text("How far listeners differ", exact=True).first.click()
    page.get_by_test_id("spread").wait_for()
    play(page)


def take(page: Page, key: str, words: str) -> None:
    """Choose from a list; one at the window's edge does not open."""
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
    chosen = page.locator(f".st-key-{key}").get_by_role("combobox")
    chosen.fill(words)
    page.get_by_role("option").filter(has_text=words).first.wait_for()
    chosen.press("Enter")
    page.wait_for_timeout(1500)
    page.wait_for_function(DONE, timeout=180_000)


VIEWS = {  # name -> page, and what a user does there first
    "listen": ("", play), "emotion": ("emotion", None), "listeners": ("emotion", watch_the_listeners),
    "stems": ("stems", pull_a_fader), "explain": ("explain", paint),
    "harmonics": ("explain", lambda page: take(page, "way", "Grad-CAM")),
    "beats": ("explain", lambda page: take(page, "way", "Relevance of the beats")),
    "descriptors": ("descriptors", None), "experiments": ("experiments", None),
    "experiments-harmonics": ("experiments", lambda page: take(page, "experiment", "Harmonics")),
    "experiments-rhythm": ("experiments", lambda page: take(page, "experiment", "Rhythm and melody")),
    "about": ("about", None)}


def shoot(page: Page, url: str, name: str, path: Path) -> None:
    """The whole page, however long, once nothing is being computed."""
    where, act = VIEWS[name]
    page.goto(f"{url}/{where}")
    page.wait_for_function(DONE, timeout=180_000)
    page.wait_for_timeout(1500)  # figures draw after their data is there
    page.wait_for_function(DONE, timeout=180_000)
    if act:
        act(page)
        page.wait_for_timeout(1500)
        page.wait_for_function(DONE, timeout=180_000)
    height = page.evaluate("""() => Math.max(...[...document.querySelectorAll(
        '[data-testid="stMain"], [data-testid="stMainBlockContainer"]')].map((e) => e.scrollHeight)) + 70""")
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": min(int(height), 6000)})
    page.wait_for_timeout(600)
    page.screenshot(path=path)
    page.set_viewport_size(size)


def serve(cache: str, port: int) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
                             "--server.port", str(port)], cwd=ROOT, env=os.environ | {"MER_CACHE": cache},
                            stdout=subprocess.DEVNULL)


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urlopen(f"{url}/_stcore/health", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the app did not answer at {url}")


def main(out: Path = ROOT / "assets" / "screenshots", port: int = 8599) -> None:
    out.mkdir(parents=True, exist_ok=True)
    url = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as playwright:
        server = serve(cache, port)
        try:
            wait_for(url)
            browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
                                                 args=["--no-sandbox"])
            for theme in ("light", "dark"):
                for width, height in WIDTHS.items():
                    page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme).new_page()
                    for name in VIEWS:
                        shoot(page, url, name, out / f"{name}-{width}-{theme}.png")
                        print(f"{name}-{width}-{theme}.png", flush=True)
            browser.close()
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
