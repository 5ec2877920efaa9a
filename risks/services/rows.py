"""Write rows: lock, check the version, set fields, validate and save; one row or many.

All services and both kinds of bulk changes (API and admin) come through here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, UniqueConstraint

from openrisk.accounts.models import Organization, User
from openrisk.errors import StaleVersion
from openrisk.text.fields import LongTextField
from risks.history import recorded
from risks.models import DeletedItem, ReferenceCounter, Versioned
from risks.services.deletion import delete_rows, deleted_together

Row = TypeVar("Row", bound=Versioned)


def lock_for_update(instance: Row, version: int | None = None) -> Row:
    """Return the row as it is now, locked until the transaction ends.

    Raises StaleVersion where the row is gone, or has another version than `version`.
    """
    rows: Any = type(instance)._default_manager.filter(pk=instance.pk)
    current: Row | None = rows.select_for_update(of=("self",)).first()
    if current is None or (version is not None and current.version != version):
        raise StaleVersion
    if "organization" in instance._state.fields_cache:
        current.organization = instance.organization  # loaded already, and it never changes
    return current


def allocate_numbers(organization: Organization, kind: str, count: int = 1) -> int:
    """Return the first of `count` consecutive numbers, which are never given out again."""
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
    validate_fields(instance, fields)
    instance.save()


def validate_fields(instance: Versioned, fields: dict[str, Any]) -> None:
    """Validate each value by its field, and uniqueness where `fields` can have broken it.

    Foreign keys are left out: callers pass rows of the right organization. So are long texts that
    are not written, which may be older than their limit. Check constraints are left to the
    database: to check them here would need a query for each.
    """
    excluded = {
        field.name
        for field in instance._meta.concrete_fields
        if field.is_relation or (isinstance(field, LongTextField) and field.name not in fields)
    }
    instance.clean_fields(exclude=excluded)
    for constraint in instance._meta.constraints:
        if not isinstance(constraint, UniqueConstraint):
            continue
        involved = constraint.fields or ("name",)  # the expression in use is of a name
        if "name_key" in involved:
            key: Any = type(instance)._meta.get_field("name_key")  # type: ignore[misc]
            involved = key.sources[::-1]
        if fields.keys().isdisjoint(involved):
            continue
        try:
            constraint.validate(type(instance), instance)
        except ValidationError:
            message = describe_violation(instance, constraint)
            raise field_error(involved[-1], message) from None


def describe_violation(instance: Versioned, constraint: UniqueConstraint) -> str:
    """Return the message of the constraint, and the row that has the name in another spelling."""
    message = str(constraint.violation_error_message)
    if "name_key" not in constraint.fields:
        return message
    named: Any = instance
    rows = type(named)._default_manager.for_organization(named.organization)
    existing = rows.exclude(pk=named.pk).filter(name_key=named.name_key).first()
    return f"{message[:-1]}: {existing}." if existing else message


def create(
    model: type[Row], *, actor: User | None, organization: Organization, **fields: Any
) -> Row:
    """Create a row of a model that has no rules of its own."""
    instance = model(organization=organization)
    with recorded(actor=actor):
        save_fields(instance, fields)
    return instance


def create_service_for(model: type[Row]) -> Callable[..., Row]:
    """Return `create` for one model, as views and admin pages call services."""
    return partial(create, model)


def update(*, actor: User | None, instance: Row, version: int | None = None, **fields: Any) -> Row:
    """Change fields of a row."""
    with recorded(actor=actor):
        instance = lock_for_update(instance, version)
        save_fields(instance, fields)
    return instance


def delete(*, actor: User | None, instance: Versioned, version: int | None = None) -> DeletedItem:
    """Delete a row, with what the database deletes with it; the item restores all of it."""
    with recorded(actor=actor):
        return delete_rows([lock_for_update(instance, version)])[0]


def field_error(name: str, message: str) -> ValidationError:
    """Return the error of one field, to be raised."""
    return ValidationError({name: [message]})


@dataclass(frozen=True)
class OperationResult:
    """The result of one operation of many: `value`, or a `refusal` where it was not carried out."""

    index: int
    value: Any = None
    refusal: Any = None
    is_undone: bool = False  # it worked, but another one of all or none was refused


def run_operations(
    *,
    actor: User | None,
    operations: list[Any],
    carry_out: Callable[[int, Any], OperationResult],
    atomic: bool,
) -> list[OperationResult]:
    """Carry out each operation in its own savepoint, as one recorded transaction.

    With `atomic` one failure undoes all of them; the results then still show which failed.
    `carry_out(index, operation)` returns a result with a `refusal` instead of raising.
    """
    results = []
    with recorded(actor=actor, comment="Bulk change"), deleted_together():
        for index, operation in enumerate(operations):
            with transaction.atomic():
                result = carry_out(index, operation)
                if result.refusal:
                    transaction.set_rollback(True)
            results.append(result)
        if atomic and any(result.refusal for result in results):
            transaction.set_rollback(True)
            results = [
                result if result.refusal else OperationResult(result.index, is_undone=True)
                for result in results
            ]
    return results
