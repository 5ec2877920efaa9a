"""Comments on risks and mitigations."""

from typing import Any

from django.db.models import F

from openrisk.accounts.models import Organization, Role, User
from openrisk.api.viewsets import WritableViewSet
from risks.api.filters import CommentFilterSet
from risks.api.serializers.workspace.comments import PostedCommentSerializer
from risks.models import Comment
from risks.services.workspace import comments


def create_comment(*, actor: User, organization: Organization, **fields: Any) -> Comment:
    return comments.post_comment(actor=actor, **fields)


class CommentViewSet(WritableViewSet):
    """Authors change and delete their own comments; managers delete any.

    A deleted comment stays, without its text; the administration keeps its history.
    """

    model = Comment
    serializer_class = PostedCommentSerializer
    filterset_class = CommentFilterSet
    orders = {"created_at": F("created_at")}
    default_order = "-created_at"
    roles = {"destroy": Role.ANALYST}
    create_service = staticmethod(create_comment)
    update_service = staticmethod(comments.edit_comment)
    delete_service = staticmethod(comments.delete_comment)
