"""Waiting for a condition with a deadline: the only way tests wait."""
import time

PAUSE_S = 0.05


def wait_until(condition, timeout_s: float, what=""):
    """Calls condition() until it gives something true, and returns that. Fails the test after timeout_s.

    `what` is a text, or a function that gives one when the wait has failed: "waited 10 s for <what>".
    """
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout_s} s for {what() if callable(what) else what or condition}")
        time.sleep(PAUSE_S)
