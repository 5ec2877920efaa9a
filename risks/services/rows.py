"""What all services share: locking, versions, numbers, and plain create, change and delete."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, UniqueConstraint

from openrisk.accounts.models import Organization, User
from openrisk.errors import StaleVersion
from openrisk.limits import LongTextField
from risks.history import recorded
from risks.models import ReferenceCounter, Versioned

Row = TypeVar("Row", bound=Versioned)


def lock_for_update(instance: Row, version: int | None = None) -> Row:
    """The row as it is now, locked until the transaction ends; 412 if `version` is not its own."""
    rows: Any = type(instance)._default_manager.filter(pk=instance.pk)
    fresh: Row | None = rows.select_for_update(of=("self",)).first()
    if fresh is None or (version is not None and fresh.version != version):
        raise StaleVersion
    if "organization" in instance._state.fields_cache:
        fresh.organization = instance.organization  # loaded already, and it never changes
    return fresh


def allocate_numbers(organization: Organization, kind: str, count: int = 1) -> int:
    """The first of `count` consecutive numbers, never given out again."""
    ReferenceCounter.objects.get_or_create(organization=organization, kind=kind)
    counter = ReferenceCounter.objects.filter(organization=organization, kind=kind)
    counter.update(last=F("last") + count)  # locks the row until the transaction ends
    return counter.get().last - count + 1


def save_fields(instance: Versioned, fields: dict[str, Any]) -> None:
    """Set `fields`, raise the version, validate and save."""
    for name, value in fields.items():
        setattr(instance, name, value)
    if not instance._state.adding:
        instance.version += 1
    _validate(instance, fields)
    instance.save()


def _validate(instance: Versioned, fields: dict[str, Any]) -> None:
    """Each value by its field, and uniqueness where `fields` can have broken it.

    Foreign keys are left out: callers pass rows of the right organization. So are long texts that
    are not written, which may be older than their limit. Check constraints are left to the
    database, which would need a query for each to say the same.
    """
    left_out = {
        field.name
        for field in instance._meta.concrete_fields
        if field.is_relation or (isinstance(field, LongTextField) and field.name not in fields)
    }
    instance.clean_fields(exclude=left_out)
    for constraint in instance._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            involved = constraint.fields or ("name",)  # the expressions in use are of names
            if not fields.keys().isdisjoint(involved):
                _check_unique(constraint, instance, involved[-1])


def _check_unique(constraint: UniqueConstraint, instance: Versioned, field: str) -> None:
    try:
        constraint.validate(type(instance), instance)
    except ValidationError:
        raise field_error(field, str(constraint.violation_error_message)) from None


def create(
    model: type[Row], *, actor: User | None, organization: Organization, **fields: Any
) -> Row:
    instance = model(organization=organization)
    with recorded(actor=actor):
        save_fields(instance, fields)
    return instance


def create_service_for(model: type[Row]) -> Callable[..., Row]:
    """`create` for one model, as the API's views call services."""
    return partial(create, model)


def update(*, actor: User | None, instance: Row, version: int | None = None, **fields: Any) -> Row:
    with recorded(actor=actor):
        instance = lock_for_update(instance, version)
        save_fields(instance, fields)
    return instance


def delete(*, actor: User | None, instance: Versioned, version: int | None = None) -> None:
    with recorded(actor=actor):
        lock_for_update(instance, version).delete()


def field_error(field: str, message: str) -> ValidationError:
    return ValidationError({field: [message]})
