"""`python -m tests.proofs.cache_model`: explore the protocol, then show how each control fails."""

import gc
import time

from tests.proofs.cache_model.checker import Result, check
from tests.proofs.cache_model.controls import CONTROLS, PROTOCOL
from tests.proofs.cache_model.protocol import Protocol
from tests.proofs.cache_model.world import Bounds, Rules


def explore(bounds: Bounds, rules: Rules | None = None) -> Result:
    protocol = Protocol(bounds, rules)
    gc.disable()  # states have no cycles, and looking for some takes a third of the time
    try:
        return check([protocol.initial()], protocol.steps, protocol.invariant)
    finally:
        gc.enable()


def main() -> None:
    for name, bounds in PROTOCOL.items():
        began = time.perf_counter()
        print(f"{name}: {explore(bounds)} ({time.perf_counter() - began:.1f} s)", flush=True)
    for name, control in CONTROLS.items():
        print(f"\n{name}: {explore(control.bounds, control.rules)}", flush=True)


if __name__ == "__main__":
    main()
