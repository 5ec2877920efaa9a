"""`Idempotency-Key` on POST: a repeat is answered with the first answer, not carried out again.

The record is written in the transaction of the work itself, so both exist or neither does.
Refused requests (4xx) wrote nothing and leave no record: they may be corrected and sent again.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from openrisk.accounts.models import Membership
from openrisk.api.models import IdempotencyRecord
from openrisk.api.renderers import to_json
from openrisk.uploads import digest_upload

KEPT_FOR = timedelta(hours=24)
_REPLAYED_HEADERS = ("Location", "ETag")


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for a different request. Make a new key."


class KeyTooLong(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_too_long"
    default_detail = "An Idempotency-Key has 1 to 255 characters."


def run_once(
    handler: Callable[..., Response], membership: Membership, request: Request, key: str
) -> Callable[..., Response]:
    """`handler`, carried out at most once per caller and key."""
    if len(key) > 255:
        raise KeyTooLong
    identity = {"user": membership.user, "organization": membership.organization, "key": key}
    fingerprint = _fingerprint(request)

    def handle(request: Request, *args: Any, **kwargs: Any) -> Response:
        if answer := _earlier_answer(identity, fingerprint):
            return answer
        try:
            with transaction.atomic():
                record = IdempotencyRecord.objects.create(**identity, fingerprint=fingerprint)
                response = handler(request, *args, **kwargs)
                record.status, record.body = response.status_code, to_json(response.data)
                record.headers = {n: response[n] for n in _REPLAYED_HEADERS if n in response}
                record.save()
                return response
        except IntegrityError:
            # Another request with the same key committed between our look and our insert.
            if answer := _earlier_answer(identity, fingerprint):
                return answer
            raise

    return handle


def _earlier_answer(identity: dict[str, Any], fingerprint: str) -> Response | None:
    record = IdempotencyRecord.objects.filter(
        **identity, created_at__gt=timezone.now() - KEPT_FOR
    ).first()
    if record is None:
        IdempotencyRecord.objects.filter(**identity).delete()  # an expired one makes room
        return None
    if record.fingerprint != fingerprint:
        raise KeyReused
    data = orjson.loads(bytes(record.body))
    return Response(data, record.status, headers={**record.headers, "Idempotent-Replayed": "true"})


def _fingerprint(request: Request) -> str:
    """Digest of what the request asks for, files included, whatever divides the parts of a form."""
    digest = hashlib.sha256(request.get_full_path().encode() + b"\n")
    if not request.content_type.startswith("multipart/"):
        digest.update(request._request.body)
        return digest.hexdigest()
    fields = sorted((name, request.POST.getlist(name)) for name in request.POST)
    files = [
        (field, file.name, digest_upload(file))
        for field in sorted(request.FILES)
        for file in request.FILES.getlist(field)
    ]
    digest.update(orjson.dumps([fields, files]))
    return digest.hexdigest()


def delete_old_records() -> int:
    return IdempotencyRecord.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()[0]
