"""The operations of `POST /risks/bulk/`, each answered as its own request would be."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError

from openrisk.api.problems import PreconditionRequired, problem_for
from openrisk.api.viewsets import WritableViewSet
from openrisk.errors import DomainError
from risks.api.serializers.risks import OperationSerializer, TakeTransitionSerializer
from risks.models import Risk
from risks.services import risks as services
from risks.services.bulk import Outcome


class BulkOperations:
    """Carries out single operations on behalf of the risk viewset that received them."""

    def __init__(self, view: WritableViewSet) -> None:
        self.view = view
        self.actor = view.actor
        self.count = 0

    def carry_out(self, operation: Any) -> Outcome:
        index, self.count = self.count, self.count + 1
        try:
            parsed = OperationSerializer(data=operation)
            parsed.is_valid(raise_exception=True)
            return self._do(index, **parsed.validated_data)
        except (APIException, DomainError, DjangoValidationError, IntegrityError, Http404) as error:
            body = problem_for(error)
            return Outcome(index, body["status"], {"id": operation.get("id")}, body)

    def _do(
        self, index: int, *, op: str, data: dict[str, Any], version: Any = None, **named: Any
    ) -> Outcome:
        pk = named.get("id")
        if op == "create":
            fields = self._validated(data)
            risk = services.create_risk(
                actor=self.actor, organization=self.view.organization, **fields
            )
            return _done(index, status.HTTP_201_CREATED, risk)
        risk = self._find(pk)
        if version is None:
            raise PreconditionRequired
        if op == "delete":
            services.delete_risk(actor=self.actor, instance=risk, version=version)
            return Outcome(index, status.HTTP_204_NO_CONTENT, {"id": pk})
        change = self._update if op == "update" else self._transition
        return _done(index, status.HTTP_200_OK, change(risk, data, version))

    def _update(self, risk: Risk, data: dict[str, Any], version: int) -> Risk:
        fields = self._validated(data, risk)
        return services.update_risk(actor=self.actor, instance=risk, version=version, **fields)

    def _transition(self, risk: Risk, data: dict[str, Any], version: int) -> Risk:
        body = TakeTransitionSerializer(data=data)
        body.is_valid(raise_exception=True)
        return services.take_transition(
            actor=self.actor, risk=risk, version=version, **body.validated_data
        )

    def _validated(self, data: dict[str, Any], risk: Risk | None = None) -> dict[str, Any]:
        serializer = self.view.get_serializer(risk, data=data, partial=risk is not None)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def _find(self, pk: Any) -> Risk:
        if pk is None:
            raise ValidationError({"id": ["Name the risk by its id."]})
        risk = self.view.get_queryset().filter(pk=pk).first()
        if risk is None:
            raise NotFound
        risk.organization = self.view.organization  # one instance, and so one matrix, for all
        return risk


def _done(index: int, code: int, risk: Risk) -> Outcome:
    return Outcome(
        index, code, {"id": risk.pk, "reference": risk.reference, "version": risk.version}
    )
