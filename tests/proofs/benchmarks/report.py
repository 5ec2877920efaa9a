"""The register's part of `docs/performance.md`, from `docs/data/register.json`."""

from typing import Any

LIST_MS, LIST_QUERIES = 25, 6
DETAIL_MS, DETAIL_QUERIES = 15, 8
EXPORT_MB = 150
COMMON_SHARE = 0.05  # of the register
AUTHENTICATION = 1  # query, which any request makes
FIGURE_MS, TREND_MS, PAST_MS = 80, 200, 500
PAST_DAYS = 100
FAST = ("stats", "matrix", "breakdown", "top-risks")  # figures with the tightest target


def is_first_page(row: dict[str, Any]) -> bool:
    return row["label"].startswith(("first page", "order", "filter", "search", "cursor"))


def missed(results: dict[str, Any]) -> list[str]:
    """Which requests miss their target; empty when all hold."""
    late = [
        row["label"]
        for row in results["requests"]
        if is_first_page(row)
        and row["label"] != "first page of 200"
        and not _is_common(row, results)
        and (row["median_ms"] >= LIST_MS or row["queries"] > LIST_QUERIES)
    ]
    late += [
        row["label"]
        for row in results["requests"]
        if row["label"] == "one risk"
        and (row["median_ms"] >= DETAIL_MS or row["queries"] > DETAIL_QUERIES)
    ]
    late += [row["label"] for row in results["requests"] if _is_slow_figure(row)]
    if results["export"]["peak_rss_mb"] >= EXPORT_MB:
        late.append("export")
    return late


def figure_target(row: dict[str, Any]) -> tuple[float | None, int]:
    """Milliseconds (None: none) and queries that a figure of the dashboards may take."""
    kind, _, name = row["label"].partition(" ")
    queries = AUTHENTICATION + (12 if name.startswith("executive") else 3)
    if kind == "past":
        return PAST_MS, queries
    if name.startswith("timeline"):
        return TREND_MS, queries
    return (FIGURE_MS if name.startswith(FAST) else None), queries


def is_figure(row: dict[str, Any]) -> bool:
    return row["label"].startswith(("figure ", "past "))


def _is_slow_figure(row: dict[str, Any]) -> bool:
    if not is_figure(row):
        return False
    milliseconds, queries = figure_target(row)
    late = milliseconds is not None and row["median_ms"] >= milliseconds
    return late or row["queries"] > queries


def _is_common(row: dict[str, Any], results: dict[str, Any]) -> bool:
    """A search for a word that stands in many risks: each of them is read to be counted."""
    found = row.get("found") or 0
    return row["label"].startswith("search") and found > results["rows"] * COMMON_SHARE


def sections(results: dict[str, Any]) -> list[str]:
    rows = {row["label"]: row for row in results["requests"]}
    pages = [row for row in results["requests"] if is_first_page(row)]
    slowest = sorted(pages, key=lambda row: -row["median_ms"])[:12]
    paging = [row for row in results["requests"] if "page 1" in row["label"]]
    one = [rows[name] for name in ("one risk", "its transitions", "its history")]
    return [
        *_introduction(results),
        *_targets(pages, rows["one risk"], results),
        *_verdict(missed(results), len(pages) + 2 + sum(map(is_figure, results["requests"]))),
        *_table("The first page", [rows["first page"], rows["first page of 200"]], results),
        *_table("The slowest pages", slowest, results),
        *_table("Paging", paging, results),
        *_table("One risk", one, results),
        *_figures([row for row in results["requests"] if is_figure(row)]),
        *_export(results),
    ]


def _introduction(results: dict[str, Any]) -> list[str]:
    return [
        "## The register",
        "",
        (
            f"Measured on {results['measured_on']} by `python -m tests.proofs.benchmarks.register`:"
            f" {results['rows']:,} risks in one organization,"
            f" PostgreSQL {results['postgresql']}, Python {results['python']},"
            f" Django {results['django']}, {results['machine']}. Nothing is cached. Each figure is"
            f" the median of {results['runs']} requests through the whole WSGI application, with"
            " token authentication."
        ),
        "",
    ]


def _targets(
    pages: list[dict[str, Any]], one: dict[str, Any], results: dict[str, Any]
) -> list[str]:
    target = f"< {LIST_MS} ms, <= {LIST_QUERIES} queries"
    lines = ["| | target | slowest median | most queries |", "|---|---|---|---|"]
    for kind in ("order", "filter", "search"):
        group = [row for row in pages if row["label"].startswith(kind)]
        common = [row for row in group if _is_common(row, results)]
        rare = [row for row in group if row not in common]
        lines.append(
            _target(f"every {kind} offered ({len(rare)} requests), first page of 25", target, rare)
        )
        if common:
            shares = "; ".join(
                f'"{row["label"].removeprefix("search ")}" {row["found"]:,}' for row in common
            )
            what = f"{kind} for a word in more than {COMMON_SHARE:.0%} of the risks ({shares})"
            lines.append(_target(what, "none: each find is read to be counted", common))
    lines.append(_target("one risk", f"< {DETAIL_MS} ms, <= {DETAIL_QUERIES} queries", [one]))
    return [*lines, ""]


def _target(what: str, target: str, rows: list[dict[str, Any]]) -> str:
    worst = max(row["median_ms"] for row in rows)
    queries = max(row["queries"] for row in rows)
    return f"| {what} | {target} | {worst} ms | {queries} |"


def _verdict(late: list[str], total: int) -> list[str]:
    if late:
        return [f"{len(late)} of {total} miss their target: {', '.join(late)}.", ""]
    return ["Every request holds its target.", ""]


def _figures(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "### Figures of the dashboards",
        "",
        f'One of the queries is that of authentication. "As of" is a day {PAST_DAYS} days ago.',
        "",
        "| figure | median | queries | target | as of a past day |",
        "|---|---|---|---|---|",
    ]
    past = {r["label"][5:]: r for r in rows if r["label"].startswith("past ")}
    for row in rows:
        kind, _, name = row["label"].partition(" ")
        if kind == "past":
            continue
        milliseconds, queries = figure_target(row)
        target = f"< {milliseconds} ms, " if milliseconds else ""
        then = f"{past[name]['median_ms']} ms" if name in past else ""
        lines.append(
            f"| {name} | {row['median_ms']} ms | {row['queries']} |"
            f" {target}<= {queries} queries | {then} |"
        )
    return [*lines, "", f"The target for a past day is {PAST_MS} ms.", ""]


def _export(results: dict[str, Any]) -> list[str]:
    return [
        "### Export and demo data",
        "",
        (
            f"`risks_export` writes {results['rows']:,} risks as CSV"
            f" ({results['export']['file_mb']} MB) in {results['export']['seconds']} s;"
            f" the process never uses more than {results['export']['peak_rss_mb']} MB"
            f" (target: {EXPORT_MB} MB)."
        ),
        "",
        f"`seed_demo --risks {results['rows']}` takes {results['seed_seconds']} s.",
        "",
    ]


def _table(title: str, rows: list[dict[str, Any]], results: dict[str, Any]) -> list[str]:
    bare = results["bare"]["median_ms"]
    return [
        f"### {title}",
        "",
        "| request | median | 95th percentile | queries | times a bare view |",
        "|---|---|---|---|---|",
        *(
            f"| {row['label']} | {row['median_ms']} ms | {row['p95_ms']} ms | {row['queries']} |"
            f" {row['median_ms'] / bare:.1f} |"
            for row in rows
        ),
        "",
        (
            "The bare view returns the bytes of the first page, ready made, under the same"
            f" middleware: {bare} ms."
        ),
        "",
    ]
