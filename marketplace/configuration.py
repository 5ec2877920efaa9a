"""The configuration of an app: checked against its connector's schema, secrets apart."""

from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as Violation

from marketplace import encryption
from marketplace.connectors.base import Connector
from marketplace.models import App
from marketplace.registry import connectors

_RULES = {
    "type": "This has to be of type {wanted}.",
    "enum": "Write one of {wanted}.",
    "format": "This is no {wanted}. Write one.",
    "minLength": "This is empty. Fill it in.",
}


def secret_names(connector: Connector) -> set[str]:
    properties = connector.schema.get("properties", {})
    return {name for name, part in properties.items() if part.get("writeOnly")}


def address(connector: Connector, configuration: dict[str, Any]) -> str:
    """Where its report is fetched from; "" where it is uploaded."""
    return configuration.get("url") or connector.default_url


def full(app: App) -> dict[str, Any]:
    """With the secrets, for the connector alone. Raises SecretsUnreadable."""
    return {**app.settings, **encryption.decrypt(app.secrets)}


def merged(app: App, given: dict[str, Any]) -> dict[str, Any]:
    """`given`, with the secrets that it leaves out as they are. None takes a secret away."""
    kept = encryption.decrypt(app.secrets)
    names = secret_names(connectors()[app.connector])
    wanted = {**{name: kept[name] for name in names & kept.keys()}, **given}
    return {name: value for name, value in wanted.items() if value is not None}


def put(app: App, configuration: dict[str, Any]) -> dict[str, Any]:
    """The fields of an app that hold this configuration, which was checked."""
    secret = secret_names(connectors()[app.connector])
    return {
        "settings": {name: v for name, v in configuration.items() if name not in secret},
        "secrets": encryption.encrypt({n: v for n, v in configuration.items() if n in secret}),
    }


def check(connector: Connector, configuration: Any) -> None:
    """ValidationError with a sentence for each thing that is wrong; a secret is never repeated."""
    errors: dict[str, list[str]] = {}
    for violation in _validator(connector).iter_errors(configuration):
        place = "configuration" + "".join(f"/{part}" for part in violation.absolute_path)
        errors.setdefault(place, []).append(_sentence(violation))
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
