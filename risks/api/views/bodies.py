"""Bodies of actions, validated."""

from typing import Any

from risks.api.serializers.risks import CommentSerializer, TakeTransitionSerializer


def without_version(data: Any) -> Any:
    """Return the body without `version`, which belongs to the precondition."""
    return {k: v for k, v in data.items() if k != "version"} if isinstance(data, dict) else data


def validate_comment(data: Any) -> dict[str, Any]:
    """Return `comment`, "" where there is none."""
    body = CommentSerializer(data=data)
    body.is_valid(raise_exception=True)
    return body.validated_data


def validate_transition(data: Any) -> dict[str, Any]:
    """Return `to` and `comment`."""
    body = TakeTransitionSerializer(data=data)
    body.is_valid(raise_exception=True)
    return body.validated_data
