"""Counts of objects as text."""

from collections.abc import Mapping

from django.apps import apps


def describe_counts(content: Mapping[str, int]) -> str:
    """Counts by model as text: "64 risks, 1 category"."""
    names = ((apps.get_model(label)._meta, count) for label, count in content.items())
    return ", ".join(
        f"{count} {meta.verbose_name if count == 1 else meta.verbose_name_plural}"
        for meta, count in names
    )


def count_with_verb(count: int, noun: str) -> str:
    """`64 drafts are` or `1 draft is`."""
    return f"{count} {noun} is" if count == 1 else f"{count} {noun}s are"
