"""The configuration of an app: checked against its connector's schema, with secrets kept apart.

An address may contain a secret. Then its visible part is in `settings` and the whole of it in
`secrets`; where both have a value, that in `secrets` counts.
"""

from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as Violation

from marketplace.connectors.base import Connector
from marketplace.installations import encryption
from marketplace.models import InstalledApp
from marketplace.network.masks import HIDDEN, mask_address
from marketplace.registry import connector_of

_MESSAGES = {
    "type": "The value must be of type {expected}.",
    "enum": "The value must be one of {expected}.",
    "format": "Not a valid {expected}. Correct it.",
    "minLength": "This is empty. Fill it in.",
}


def secret_names(connector: Connector) -> set[str]:
    properties = connector.schema.get("properties", {})
    return {name for name, options in properties.items() if options.get("writeOnly")}


def address_names(connector: Connector) -> set[str]:
    properties = connector.schema.get("properties", {})
    return {name for name, options in properties.items() if options.get("format") == "uri"}


def report_address(connector: Connector, configuration: dict[str, Any]) -> str:
    """The address to fetch reports from, or "" if they are uploaded."""
    return configuration.get("url") or connector.default_url


def full_configuration(app: InstalledApp) -> dict[str, Any]:
    """Settings and secrets, for the connector alone. Raises SecretsUnreadable."""
    return {**app.settings, **encryption.decrypt(app.secrets)}


def merge_configuration(app: InstalledApp, given: dict[str, Any]) -> dict[str, Any]:
    """Add the secrets that `given` leaves out. None removes a secret.

    An address that is given as it is shown stays as it is.
    """
    connector = connector_of(app)
    stored = encryption.decrypt(app.secrets)
    merged = {name: stored[name] for name in secret_names(connector) & stored.keys()} | given
    for name in address_names(connector) & stored.keys():
        if merged.get(name) == app.settings.get(name):
            merged[name] = stored[name]
    return {name: value for name, value in merged.items() if value is not None}


def configuration_fields(app: InstalledApp, configuration: dict[str, Any]) -> dict[str, Any]:
    """The values of the app's fields for a checked configuration."""
    settings, secrets = split_secrets(connector_of(app), configuration)
    return {"settings": settings, "secrets": encryption.encrypt(secrets)}


def split_secrets(
    connector: Connector, configuration: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings that may be shown, and secrets. Of a secret address only the host is shown."""
    secret, addresses = secret_names(connector), address_names(connector)
    settings: dict[str, Any] = {}
    secrets: dict[str, Any] = {}
    for name, value in configuration.items():
        if name in addresses:
            settings[name] = mask_address(str(value), whole=name in secret)
            if settings[name] != value:
                secrets[name] = value
        elif name in secret:
            secrets[name] = value
        else:
            settings[name] = value
    return settings, secrets


def check_configuration(connector: Connector, configuration: Any) -> None:
    """Raise ValidationError with a sentence for each mistake. Secrets are never repeated."""
    errors: dict[str, list[str]] = {}
    for violation in schema_validator(connector).iter_errors(configuration):
        path = "/".join(["configuration", *map(str, violation.absolute_path)])
        errors.setdefault(path, []).append(describe_violation(violation))
    for name in address_names(connector):
        if isinstance(configuration, dict) and HIDDEN in str(configuration.get(name, "")):
            message = f"{HIDDEN} stands for a hidden part. Write the whole address."
            errors.setdefault(f"configuration/{name}", []).append(message)
    if errors:
        raise ValidationError(errors)


@cache
def schema_validator(connector: Connector) -> Draft202012Validator:
    Draft202012Validator.check_schema(connector.schema)
    return Draft202012Validator(connector.schema, format_checker=FormatChecker())


def describe_violation(violation: Violation) -> str:
    """A message of our own: the one of the library repeats the value."""
    rule, expected = str(violation.validator), violation.validator_value
    if rule == "required":
        missing = violation.message.partition(" is a ")[0].strip("'")
        return f"{missing} is missing. Add it."
    if rule == "additionalProperties":
        schema: dict[str, Any] = violation.schema  # type: ignore[assignment]
        known = ", ".join(sorted(schema.get("properties", {})))
        return f"This connector does not know one of these settings. It knows: {known}."
    text = ", ".join(map(str, expected)) if isinstance(expected, list) else expected
    template = _MESSAGES.get(rule, "The value breaks the rule {rule} of the schema: {expected}.")
    return template.format(rule=rule, expected=text)
