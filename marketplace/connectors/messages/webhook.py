"""Events of the register as signed messages, by the Standard Webhooks specification."""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import UTC

from marketplace.connectors.base import Capability, Connector, ConnectorCategory
from marketplace.connectors.items import Config, Event, OutgoingMessage

EVENTS = ("risk.created", "risk.level_changed", "risk.status_changed", "risk.closed")
LEVELS = ("low", "medium", "high", "critical")
# Options of every connector that sends events.
SUBSCRIPTION = {
    "events": {
        "type": "array",
        "items": {"type": "string", "enum": list(EVENTS)},
        "uniqueItems": True,
        "title": "Events",
        "description": "All events unless you choose some",
    },
    "minimum_level": {
        "type": "string",
        "enum": list(LEVELS),
        "title": "Lowest level",
        "description": "Of the risk before or after the event; low unless you choose one",
    },
}


class Webhook(Connector):
    """Sends the headers webhook-id, webhook-timestamp and webhook-signature of the standard."""

    slug = "webhook"
    name = "Signed webhook"
    version = "1.0.0"
    summary = "Sends signed messages about risks to another program."
    documentation = (
        "Each event is posted as JSON: id, type, timestamp and data with the risk's id, reference, "
        "title, level, score and status, and the level and status it had before.\n\n"
        "Messages follow the Standard Webhooks specification, for which there are libraries in "
        "most languages. Give the receiver the secret, which begins with whsec_, and let it check "
        "the signature. A message that is sent again has the same id: ignore one that you have "
        "received before.\n\n"
        "A message that is not accepted is tried five times, over some eight minutes."
    )
    category = ConnectorCategory.NOTIFICATION
    capabilities = (Capability.NOTIFICATION,)
    permissions = ("Reads risks",)
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "writeOnly": True, "title": "Address"},
            "secret": {
                "type": "string",
                "writeOnly": True,
                "title": "Secret",
                "pattern": "^whsec_[A-Za-z0-9+/]{32,}={0,2}$",
                "description": "whsec_ and at least 24 random bytes in base64",
            },
            **SUBSCRIPTION,
        },
        "required": ["url", "secret"],
        "additionalProperties": False,
    }

    def build_message(self, event: Event, config: Config) -> OutgoingMessage:
        at = event.at.astimezone(UTC)
        content = {
            "id": event.id,
            "type": event.type,
            "timestamp": at.isoformat().replace("+00:00", "Z"),
            "data": {"organization": event.organization, "url": event.url, **event.data},
        }
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = str(int(event.sent_at.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign_message(config["secret"], event.id, timestamp, body),
        }
        return OutgoingMessage(config["url"], headers, body)


def sign_message(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Version 1 of the standard: HMAC-SHA256 over id, time and body."""
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    except binascii.Error:
        raise ValueError("The secret is not valid base64. Enter it again.") from None
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
