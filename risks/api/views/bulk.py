"""Changes of a risk from the body of a request: alone, or as one of many in `POST /risks/bulk/`.

Both ways validate by the same serializers and write by the same services.
"""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError

from openrisk.api.problems import PreconditionRequired, problem_for
from openrisk.api.viewsets import WritableViewSet
from openrisk.errors import DomainError
from risks.api.serializers.risks import OperationSerializer
from risks.api.views.bodies import validate_transition
from risks.models import Risk
from risks.services import risks as services
from risks.services.rows import OperationResult


class RiskChanges:
    """Validates and carries out changes on behalf of the viewset that received them."""

    def __init__(self, view: WritableViewSet) -> None:
        self.view = view
        self.actor = view.actor

    def create(self, data: Any) -> Risk:
        fields = {"custom_fields": {}, **self.validate(data)}
        return services.create_risk(actor=self.actor, organization=self.view.organization, **fields)

    def update(self, risk: Risk, data: Any, version: int | None) -> Risk:
        fields = self.validate(data, risk)
        return services.update_risk(actor=self.actor, instance=risk, version=version, **fields)

    def take_transition(self, risk: Risk, data: Any, version: int | None) -> Risk:
        return services.take_transition(
            actor=self.actor, risk=risk, version=version, **validate_transition(data)
        )

    def delete(self, risk: Risk, version: int | None) -> None:
        services.delete_risk(actor=self.actor, instance=risk, version=version)

    def validate(self, data: Any, risk: Risk | None = None) -> dict[str, Any]:
        serializer = self.view.get_serializer(risk, data=data, partial=risk is not None)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


# RFC 4918: it would have worked, but another operation failed.
UNDONE = {"status": status.HTTP_424_FAILED_DEPENDENCY, "data": {}, "problem": None}


class BulkOperations(RiskChanges):
    """Carries out operations, each with the answer that a request of its own would have."""

    def carry_out(self, index: int, operation: Any) -> OperationResult:
        try:
            parsed = OperationSerializer(data=operation)
            parsed.is_valid(raise_exception=True)
            code, data = self.dispatch(**parsed.validated_data)
        except (
            APIException,
            DjangoValidationError,
            DomainError,
            IntegrityError,
            Http404,
        ) as error:
            problem = problem_for(error)
            data = {"id": operation.get("id")}
            refusal = {"status": problem["status"], "data": data, "problem": problem}
            return OperationResult(index, refusal=refusal)
        return OperationResult(index, {"status": code, "data": data, "problem": None})

    def dispatch(
        self, *, op: str, data: dict[str, Any], version: int | None = None, **named: Any
    ) -> tuple[int, dict[str, Any]]:
        """Carry out one operation; return its HTTP status and what names the risk."""
        if op == "create":
            return status.HTTP_201_CREATED, identify(self.create(data))
        risk = self.find_risk(named.get("id"))
        if version is None:
            raise PreconditionRequired
        if op == "delete":
            self.delete(risk, version)
            return status.HTTP_204_NO_CONTENT, {"id": named["id"]}
        change = self.update if op == "update" else self.take_transition
        return status.HTTP_200_OK, identify(change(risk, data, version))

    def find_risk(self, pk: Any) -> Risk:
        if pk is None:
            raise ValidationError({"id": ["Name the risk by its id."]})
        risk = self.view.get_queryset().filter(pk=pk).first()
        if risk is None:
            raise NotFound
        risk.organization = self.view.organization  # one instance, and so one matrix, for all
        return risk


def represent_result(result: OperationResult) -> dict[str, Any]:
    answer = UNDONE if result.is_undone else result.refusal or result.value
    return {"index": result.index, **answer}


def identify(risk: Risk) -> dict[str, Any]:
    return {"id": risk.pk, "reference": risk.reference, "version": risk.version}
