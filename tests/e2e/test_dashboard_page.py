"""The dashboard's page in a real browser: what it shows after its script has run, and what it must never run."""
import shutil
import subprocess

import pytest

from waiting import wait_until

HOSTILE = "<img src=x onerror=document.title='run'>"


@pytest.fixture
def dom(tmp_path):
    """dom(url) -> the document as text, a few seconds of the page's own time after it was opened."""
    browser = shutil.which("chromium")
    assert browser, "chromium is missing: it is in deploy/packages.txt"

    def look(url: str) -> str:
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--no-proxy-server", f"--user-data-dir={tmp_path / 'browser'}", "--virtual-time-budget=3000",
             "--timeout=20000", "--dump-dom", url],
            capture_output=True, text=True, timeout=60, check=False)
        return done.stdout

    return look


def test_the_page_shows_what_runs_and_a_hostile_name_stays_text(broker, godwit, run, dom):
    godwit("topics", "create", "--brokers", broker.address)
    dashboard = run("godwit-dashboard", brokers=broker.address).wait_ready()

    empty = wait_until(lambda: _with(dom(dashboard.url), ">healthy<"), 60, "the page of an idle system")
    assert "No migration is running." in empty

    godwit("emit", "--type", "task.started", "--brokers", broker.address, "--subject", "web-1", f"vm_name={HOSTILE}",
           "provider=vsphere")
    godwit("emit", "--type", "stage.progress", "--brokers", broker.address, "--subject", "web-1", f"vm_name={HOSTILE}",
           "provider=vsphere", "stage=export", "percentage=60")

    shown = wait_until(lambda: _with(dom(dashboard.url), 'aria-valuenow="20.0"'), 60, "the bar at a third of 60 %")
    assert "&lt;img src=x onerror=document.title='run'&gt;</bdi>" in shown
    assert "<img src=\"x\"" not in shown
    assert "<title>Godwit: migrations</title>" in shown


def _with(text: str, part: str) -> str | None:
    return text if part in text else None
