"""The player in numbers, in a real browser: frames a second with a ten-minute song, and from a fader to the point.

Run after bench.py by `make bench`. Drift is measured by tests/browser/test_player_sound.py (pytest -s prints it).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mer_core.service import Service  # noqa: E402
from tests.browser.conftest import CHROMIUM_ARGS, ROOT, command, free_port, wait_for  # noqa: E402

FRAMES = """(ms) => new Promise((done) => {
  const gaps = [];
  let before = performance.now();
  const until = before + ms;
  const step = (now) => {
    gaps.push(now - before);
    before = now;
    now < until ? requestAnimationFrame(step) : done(gaps.slice(1));
  };
  requestAnimationFrame(step);
})"""
LONG = 120_000  # ms


@contextmanager
def served(script: str) -> Iterator[str]:
    """The address of a Streamlit script with a cache of its own."""
    with tempfile.TemporaryDirectory() as folder:
        port, log = free_port(), Path(folder) / "log"
        env = os.environ | {"MER_CACHE": f"{folder}/cache", "PYTHONPATH": str(ROOT)}
        with log.open("wb") as out:
            process = subprocess.Popen(command(ROOT / script, port), cwd=ROOT, env=env, stdout=out, stderr=out)
        try:
            wait_for(f"http://localhost:{port}/_stcore/health", process, log)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def frames(page: Page, address: str) -> None:
    """Ten minutes of song with all lanes, playing; then zoomed in, scrolling all the time."""
    page.goto(f"{address}?seconds=600&stems=1")
    page.get_by_test_id("lane-spectrogram").wait_for(timeout=LONG)
    page.wait_for_load_state("networkidle")
    page.get_by_test_id("play").click()
    page.wait_for_function("() => merPlayers.test.time > 1", timeout=LONG)
    _say("playing, 10 minutes of song", page.evaluate(FRAMES, 5000))
    for _ in range(4):
        page.get_by_test_id("zoom-in").click()
    page.wait_for_load_state("networkidle")
    scrolled = page.evaluate(f"""async () => {{
      const bar = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('.scene');
      const timer = setInterval(() => bar.dispatchEvent(new WheelEvent('wheel', {{ deltaX: 6, bubbles: true }})), 8);
      const gaps = await ({FRAMES})(5000);
      clearInterval(timer);
      return gaps;
    }}""")
    _say("zoomed in, scrolling", scrolled)


def _say(what: str, gaps: list[float]) -> None:
    late = sum(gap > 25 for gap in gaps) / len(gaps)
    print(f"{what}: {1000 / (sum(gaps) / len(gaps)):.1f} frames a second, {late:.1%} of them late", flush=True)


def faders(page: Page, address: str) -> None:
    """The first demo track on the Stems page, each model that is no row of a comparison: ms from a fader's move to the
    point's."""
    page.goto(address)
    page.get_by_role("link", name="Stems", exact=True).first.click()
    models = page.locator(".st-key-model").get_by_role("combobox")
    models.wait_for(timeout=LONG)
    for name in [card.title for card in Service.default().cards().values() if card.on_plane and not card.study]:
        models.fill(name)
        models.press("Enter")
        page.get_by_test_id("volume-drums").wait_for(timeout=LONG)
        page.wait_for_function("() => !document.querySelector('.mer-wait')", timeout=LONG)
        print(f"fader to point, {name}: {median(_latencies(page)):.0f} ms (median of 20)", flush=True)


def _latencies(page: Page) -> list[float]:
    found = []
    for i in range(23):
        page.evaluate(f"""() => {{
          const volume = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot
            .querySelector('[data-testid=volume-drums]');
          volume.value = {(i * 7 % 20) / 20};
          volume.dispatchEvent(new Event('input', {{ bubbles: true }}));
        }}""")
        page.wait_for_timeout(400)
        found.append(page.evaluate("() => merPlayers.stems.latency"))
    return [ms for ms in found[3:] if ms]  # the first ones prepare the excerpt


def main() -> None:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        for measure, script in ((frames, "tests/browser/apps/stage_app.py"), (faders, "app.py")):
            with served(script) as address:
                measure(browser.new_page(viewport={"width": 1280, "height": 900}), address)
        browser.close()


if __name__ == "__main__":
    main()
