"""The configuration of an app: checked against its connector's schema, secrets apart.

Addresses may hold secrets: what is shown of one is in the settings, the whole of it among the
secrets, which win where both have a value.
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
from marketplace.registry import available_connectors

_RULES = {
    "type": "This has to be of type {wanted}.",
    "enum": "Write one of {wanted}.",
    "format": "This is no {wanted}. Write one.",
    "minLength": "This is empty. Fill it in.",
}


def secret_names(connector: Connector) -> set[str]:
    properties = connector.schema.get("properties", {})
    return {name for name, part in properties.items() if part.get("writeOnly")}


def address_names(connector: Connector) -> set[str]:
    properties = connector.schema.get("properties", {})
    return {name for name, part in properties.items() if part.get("format") == "uri"}


def report_address(connector: Connector, configuration: dict[str, Any]) -> str:
    """Where its report is fetched from; "" where it is uploaded."""
    return configuration.get("url") or connector.default_url


def full_configuration(app: InstalledApp) -> dict[str, Any]:
    """With the secrets, for the connector alone. Raises SecretsUnreadable."""
    return {**app.settings, **encryption.decrypt(app.secrets)}


def merge_configuration(app: InstalledApp, given: dict[str, Any]) -> dict[str, Any]:
    """`given`, with the secrets that it leaves out as they are. None takes a secret away.

    An address that is given as it is shown is the one that is kept.
    """
    connector = available_connectors()[app.connector]
    kept = encryption.decrypt(app.secrets)
    wanted = {**{name: kept[name] for name in secret_names(connector) & kept.keys()}, **given}
    for name in address_names(connector) & kept.keys():
        if wanted.get(name) == app.settings.get(name):
            wanted[name] = kept[name]
    return {name: value for name, value in wanted.items() if value is not None}


def configuration_fields(app: InstalledApp, configuration: dict[str, Any]) -> dict[str, Any]:
    """The fields of an app that hold this configuration, which was checked."""
    settings, secrets = split_secrets(available_connectors()[app.connector], configuration)
    return {"settings": settings, "secrets": encryption.encrypt(secrets)}


def split_secrets(
    connector: Connector, configuration: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be shown, and what is secret. A secret address is shown by its host alone."""
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
    """ValidationError with a sentence for each thing that is wrong; a secret is never repeated."""
    errors: dict[str, list[str]] = {}
    for violation in _validator(connector).iter_errors(configuration):
        place = "configuration" + "".join(f"/{part}" for part in violation.absolute_path)
        errors.setdefault(place, []).append(_sentence(violation))
    for name in address_names(connector):
        if isinstance(configuration, dict) and HIDDEN in str(configuration.get(name, "")):
            message = f"{HIDDEN} stands for what is hidden. Write the whole address."
            errors.setdefault(f"configuration/{name}", []).append(message)
    if errors:
        raise ValidationError(errors)


@cache
def _validator(connector: Connector) -> Draft202012Validator:
    Draft202012Validator.check_schema(connector.schema)
    return Draft202012Validator(connector.schema, format_checker=FormatChecker())


def _sentence(violation: Violation) -> str:
    """The library's own sentence would repeat the value."""
    rule, wanted = str(violation.validator), violation.validator_value
    if rule == "required":
        missing = violation.message.partition(" is a ")[0].strip("'")
        return f"{missing} is missing. Add it."
    if rule == "additionalProperties":
        schema: dict[str, Any] = violation.schema  # type: ignore[assignment]
        known = ", ".join(sorted(schema.get("properties", {})))
        return f"There is a setting that this connector does not know. Known ones: {known}."
    return _RULES.get(rule, "This breaks the rule {rule} of its schema: {wanted}.").format(
        rule=rule, wanted=", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    )
