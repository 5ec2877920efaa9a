"""How often users ask, so that all of them together keep a rate.

With the workload `open` each asks when its time has come, however long answers take, as the public
does; with `closed` each thinks for a while after an answer, as a known team does.
"""

import random
import time
from typing import Any

WRITERS = 4  # users that write; as few as can keep their share of the rate


def period(user: Any) -> float:
    """Seconds between two requests of this user, on average."""
    options = user.environment.parsed_options
    users = max(user.environment.runner.target_user_count, WRITERS + 1)
    rate = options.rate * users / max(options.num_users, WRITERS + 1)
    if user.writes:
        return WRITERS / (rate * options.writes) if options.writes else 3600.0
    return (users - WRITERS) / (rate * (1 - options.writes))


def pause(user: Any) -> float:
    """Seconds until this user asks next."""
    average = period(user)
    if user.environment.parsed_options.workload == "closed":
        return random.expovariate(1 / average)
    now = time.monotonic()
    # What was missed for longer than one turn is not made up for.
    user.due = max((user.due or now) + average, now - average)
    return max(0.0, user.due - now)


def first_pause(user: Any) -> float:
    """Seconds until this user begins: not all at the same moment."""
    return random.random() * period(user)
