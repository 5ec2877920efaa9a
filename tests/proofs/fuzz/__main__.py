"""Ask the API thousands of things that its schema allows, and that it does not.

    python -m tests.proofs.fuzz --cases 5000 --database postgresql

As every role, on an application of its own with rows behind every route. Prints each fault with a
command that repeats it. The exit code is 0 without faults, 3 with some.
"""

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from deployment.local.servers import ServerUnavailable, postgres


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1, help="other cases with another one")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="openrisk-fuzz-"))
        os.environ |= {
            "VAR_DIR": folder,
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'fuzz.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "openrisk.settings",
        }
        os.environ.pop("REDIS_URL", None)
        if options.database == "postgresql":
            try:
                os.environ["DATABASE_URL"] = stack.enter_context(postgres()).url
            except ServerUnavailable as reason:
                print(f"Not run: {reason}", file=sys.stderr)
                return 1
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Once the database is named: Django is told of it when it is imported."""
    import django

    django.setup()
    import logging

    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    from tests.proofs.fuzz.fuzzing import fuzz

    logging.disable(logging.WARNING)  # refusals by the thousand
    call_command("migrate", verbosity=0)
    outcome = fuzz(
        get_wsgi_application(),
        cases=options.cases,
        number=options.seed,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
    )
    for name, example in outcome.faults.items():
        print(f"\n--- {name}\n{example}")
    print(f"\n{options.database}: {outcome}")
    return 3 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
