"""Waiting for a condition with a deadline: the only way tests wait."""
import os
import time

PAUSE_S = 0.05
# A deadline only says when to give up: where nobody sits and waits, a machine that is busy with other things gets longer.
PATIENCE = 3 if os.environ.get("CI") else 1


def wait_until(condition, timeout_s: float, what="", patience: float = PATIENCE):
    """Calls condition() until it gives something true, and returns that. Fails the test after timeout_s times patience.

    `what` is a text, or a function that gives one when the wait has failed: "waited 10 s for <what>".
    """
    begin = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        waited_s = time.monotonic() - begin
        if waited_s >= timeout_s * patience:
            raise AssertionError(f"waited {waited_s:.0f} s for {what() if callable(what) else what or condition}")
        time.sleep(PAUSE_S)
