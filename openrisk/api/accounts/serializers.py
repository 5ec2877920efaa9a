"""Login and tokens as the API shows them."""

import ipaddress
from typing import Any

from rest_framework import serializers

from openrisk.accounts.credentials.tokens import LONGEST_DAYS
from openrisk.accounts.models import AccountEvent, Role
from openrisk.api.serializers import ObjectField, RowSerializer, Serializer


class LoginSerializer(Serializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    organization = serializers.SlugField(
        max_length=60, required=False, help_text="Slug; left out: the only one you belong to"
    )


class LoginResultSerializer(Serializer):
    token = serializers.CharField(help_text="Send it as `Authorization: Token ...`")
    expires_at = serializers.DateTimeField()
    organization = serializers.SlugField()
    role = serializers.ChoiceField(choices=Role.choices)


class TokenSerializer(Serializer):
    """A token without its secret, which is shown once when it is created."""

    id = serializers.UUIDField(source="uid", read_only=True)
    prefix = serializers.CharField(source="token_key", read_only=True)
    name = serializers.CharField(max_length=100, required=False, default="")
    read_only = serializers.BooleanField(default=False)  # type: ignore[assignment]
    allowed_networks = serializers.ListField(
        child=serializers.CharField(max_length=50), default=list, max_length=50
    )
    days = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_DAYS,
        required=False,
        write_only=True,
        help_text="How long it is valid; left out: 90, or as long as the token it is made with",
    )
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True, allow_null=True)
    last_used_on = serializers.DateField(read_only=True, allow_null=True)

    def validate_allowed_networks(self, value: list[str]) -> list[str]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise serializers.ValidationError(f"{error}. Write e.g. 192.0.2.0/24.") from None
        return value


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        token, secret = instance
        token.token = secret
        return super().to_representation(token)


class AccountEventSerializer(RowSerializer):
    person = serializers.UUIDField(source="person_id", read_only=True)
    actor = serializers.UUIDField(source="actor_id", read_only=True)
    actor_email = serializers.EmailField(source="actor.email", read_only=True)
    detail = ObjectField(
        help_text="What there is to say beside, by kind: roles, the token's beginning and name"
    )

    class Meta:
        model = AccountEvent
        fields = (
            "id",
            "at",
            "kind",
            "email",
            "person",
            "actor",
            "actor_email",
            "address",
            "request_id",
            "detail",
        )
        read_only_fields = fields
