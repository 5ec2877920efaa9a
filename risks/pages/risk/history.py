"""The activity on a page: comments and changes together, the latest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Membership
from openrisk.pages.guards import MemberRequest
from risks.history.entries import HistoryEntry, HistoryPage, Subjects, load_history
from risks.models import Comment, Mitigation, Risk
from risks.services.workspace.comments import can_delete, can_edit
from risks.services.workspace.watches import Watchers, load_watchers

PAGE_SIZE = 50
FILTERS = {"all": _("All"), "comments": _("Comments"), "changes": _("Changes")}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ActivityItem:
    """An entry of the history, or a comment with what the member may do to it."""

    at: datetime
    entry: HistoryEntry | None = None
    comment: Comment | None = None
    may_edit: bool = False
    may_delete: bool = False


@dataclass(frozen=True)
class FilterTab:
    """A link that shows all of the activity, or one kind; `count` is None where it is not shown."""

    label: str
    url: str
    is_current: bool
    count: int | None


@dataclass(frozen=True)
class Activity:
    """A page of the activity of a row, with its addresses; `older_url` is "" on the last page.

    `risk_reference` and `comment_url` are for the forms, `watch_url` for the button.
    """

    items: list[ActivityItem]
    tabs: list[FilterTab]
    show: str
    older_url: str
    watchers: Watchers
    risk_reference: str
    comment_url: str
    watch_url: str


@dataclass(frozen=True)
class Cursor:
    """The place where a page begins: the change and the comment before which to read on."""

    change: int | None = None
    comment: tuple[datetime, UUID] | None = None

    def __str__(self) -> str:
        change = "" if self.change is None else str(self.change)
        if self.comment is None:
            return f"{change}."
        at, pk = self.comment
        return f"{change}.{(at - EPOCH) // timedelta(microseconds=1)}.{pk.hex}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read an address. Begins with the latest where it makes no sense."""
        change, _, comment = text.partition(".")
        try:
            before = int(change) if change and len(change) <= 18 else None
            if not comment:
                return cls(before)
            micros, _, pk = comment.partition(".")
            return cls(before, (EPOCH + timedelta(microseconds=int(micros)), UUID(pk)))
        except (ValueError, OverflowError):
            return cls()


def load_activity(
    request: MemberRequest,
    subject: Risk | Mitigation,
    subjects: Subjects,
    address: str,
    *,
    known: Iterable[Model] = (),
) -> Activity:
    """Load a page of the comments on a risk or a mitigation, and of the changes of `subjects`.

    The query has `show` (one of FILTERS) and `before`, the cursor of the page before. `address` is
    that of the page that shows it. Templates include `risks/risk/_history.html` with this as
    `activity` and a `comment_form`.
    """
    show = request.GET.get("show", "")
    show = show if show in FILTERS else "all"
    cursor = Cursor.parse(request.GET.get("before", ""))
    page = load_history(subjects, cursor.change, known=known, comments=COMMENTS_AMONG[show])
    comments = subject.comments.all()
    rows = [] if show == "changes" else read_comments(comments, cursor)
    items, older = merge(page, rows, cursor)
    address += "&" if "?" in address else "?"
    counted = getattr(subject, "comment_count", None)  # as the page of a risk has it
    count = comments.order_by().count() if counted is None else counted
    risk = subject if isinstance(subject, Risk) else subject.risk
    kind = "risk" if risk is subject else "mitigation"
    target = [request.organization_slug, risk.reference]
    if risk is not subject:
        target.append(str(subject.pk))
    return Activity(
        [as_item(row, request.membership) for row in items],
        [
            FilterTab(
                str(label),
                f"{address}show={name}#activity",
                name == show,
                count if name == "comments" else None,
            )
            for name, label in FILTERS.items()
        ],
        show,
        f"{address}show={show}&before={older}#activity" if older else "",
        load_watchers(subject, request.membership.user),
        risk.reference,
        reverse(f"{kind}-comment", args=target),
        reverse(f"{kind}-watch", args=target),
    )


def as_item(row: HistoryEntry | Comment, member: Membership) -> ActivityItem:
    if isinstance(row, HistoryEntry):
        return ActivityItem(row.at, row)
    return ActivityItem(
        row.created_at,
        comment=row,
        may_edit=can_edit(member, row),
        may_delete=can_delete(member, row),
    )


# Whether the history is asked for its old comments only, for all but these, or for all.
COMMENTS_AMONG = {"all": None, "comments": True, "changes": False}


def read_comments(comments: QuerySet[Comment], cursor: Cursor) -> list[Comment]:
    """Read one more than a page of them, the latest first."""
    if cursor.comment:
        at, pk = cursor.comment
        # The first condition alone is a range of the index.
        comments = comments.filter(Q(created_at__lt=at) | Q(id__lt=pk), created_at__lte=at)
    people = comments.select_related("author", "deleted_by", "mitigation")
    latest = people.prefetch_related("mentions").order_by("-created_at", "-id")
    return list(latest[: PAGE_SIZE + 1])


def merge(
    page: HistoryPage, comments: list[Comment], cursor: Cursor
) -> tuple[list[HistoryEntry | Comment], Cursor | None]:
    """Merge both by time into one page, and return where the next one begins, if there is one."""
    entries = page.entries
    items: list[HistoryEntry | Comment] = []
    next_entry = next_comment = 0
    while len(items) < PAGE_SIZE:
        entry = entries[next_entry] if next_entry < len(entries) else None
        comment = comments[next_comment] if next_comment < len(comments) else None
        if entry is None and (comment is None or page.older is not None):
            break  # the comment may be older than changes that were not read
        if comment is not None and (entry is None or comment.created_at >= entry.at):
            items.append(comment)
            next_comment += 1
        elif entry is not None:
            items.append(entry)
            next_entry += 1
    has_older = next_entry < len(entries) or next_comment < len(comments) or page.older is not None
    if not has_older:
        return items, None
    before_change = entries[next_entry].id + 1 if next_entry < len(entries) else page.older
    last = comments[next_comment - 1] if next_comment else None
    return items, Cursor(
        before_change if before_change is not None else 0,
        (last.created_at, last.pk) if last else cursor.comment,
    )
