"""A real Streamlit server and a real headless Chromium, for tests that look at what a user would see and hear."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from _pytest.runner import runtestprotocol

from tests.browser.playing import open_at
from tests.browser.tape import install

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000  # ms; a test machine does other things too, and how long anything takes is not tested here
CHROMIUM_ARGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu",
                 "--autoplay-policy=no-user-gesture-required"]

RERUNS = 2
again = []  # the tests that were run once more, and why


# Sound and pictures in real time, beside whatever else the machine does: a browser or a server that it starves fails a
# test of what it did not even get to. So such a test is run again, on a fresh page, and that is said. What is broken
# fails three times. A hook, as a plug-in would bring more than these lines.
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if Path(__file__).parent not in item.path.parents:
        return None  # the hook is asked for every test of the run
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for turn in range(RERUNS + 1):
        item._initrequest()  # fresh fixtures
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [report for report in reports if report.failed]
        if not failed or turn == RERUNS:
            break
        again.append(f"RERUN {item.nodeid} (failed in {failed[0].when}): {reason(failed[0])}")
        print(f"\n{again[-1]}", file=sys.__stderr__, flush=True)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def reason(report) -> str:
    said = [line for line in report.longreprtext.splitlines() if line.startswith("E ")]
    return (said or ["no reason given"])[0][1:].strip()[:200]


def pytest_terminal_summary(terminalreporter):
    for line in again:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path, from CHROMIUM or the usual place. Without one the tests are skipped, but never in CI."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if shutil.which(path):
        return path
    message = f"no Chromium at {path}; install it or set CHROMIUM to its path"
    pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


@pytest.fixture(scope="module")  # not longer: Playwright's event loop would still run under other tests
def browser(chromium):
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A fresh page, 1280 px wide, with no cookies or cache from another test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """`serve(script, **env) -> url`: runs the Streamlit script until the module ends, with its own cache."""
    running = []

    def start(script: Path | str, **env: str) -> str:
        folder = tmp_path_factory.mktemp("serve")
        port = free_port()
        with open(folder / "server.log", "wb") as log:
            running.append(subprocess.Popen(command(ROOT / script, port), cwd=ROOT, stdout=log, stderr=log,
                                            env=os.environ | {"MER_CACHE": str(folder / "cache"),
                                                              "MER_WEIGHTS": str(folder / "weights"),  # none
                                                              "PYTHONPATH": str(ROOT)} | env))
        wait_for(f"http://localhost:{port}/_stcore/health", running[-1], folder / "server.log")
        return f"http://localhost:{port}"

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def address(request, serve) -> str:
    """Where the app that the test's module names as APP is served."""
    return serve(request.module.APP)


@pytest.fixture
def open_player(page, address):
    """Opens the app with a query, ready to be recorded, and waits until each voice is loaded; a script error fails the
    test."""
    errors = []

    def start(query: str = "", loaded: bool = True):
        errors.append(open_at(page, address, query, loaded))
        install(page)
        return page

    yield start
    assert not any(errors)


def command(script: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true", "--server.port",
            str(port), "--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    """Returns once the server answers; fails with its log when it has ended or stays silent."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urlopen(url, timeout=2).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    process.kill()
    pytest.fail(f"Streamlit did not answer at {url}:\n{log.read_text(errors='replace')[-3000:]}")
