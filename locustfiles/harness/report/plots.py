"""Plots of the performance report, as SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

Curve = Sequence[tuple[float, float]]


def curves(
    path: Path, named: Mapping[str, Curve], *, x: str, y: str, steps: Sequence[float] = ()
) -> None:
    """Both axes logarithmic. `steps` are marked on the first."""
    # Letters stay letters, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": path.name}):
        figure = Figure(figsize=(7.2, 4), layout="constrained")
        axes: Any = figure.add_subplot()
        for (name, points), style in zip(named.items(), ("-", "--", "-.", ":"), strict=False):
            axes.plot(*zip(*points, strict=True), style, label=name, marker="o" if steps else None)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        if steps:
            axes.set_xticks(steps, [f"{step:,.0f}" for step in steps])
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend()
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})
