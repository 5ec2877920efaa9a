"""Events of the register as messages in a channel of Slack, or of what understands the same."""

import json

from marketplace.connectors.base import Capability, Connector, ConnectorCategory
from marketplace.connectors.items import Config, Event, Message
from marketplace.connectors.messages.webhook import TELLING

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class SlackWebhook(Connector):
    """The address is the secret: who has it can write into the channel."""

    slug = "slack-webhook"
    name = "Slack"
    version = "1.0.0"
    summary = "Tells a channel what happens to risks."
    documentation = (
        "Make an incoming webhook for a channel (in Slack: Apps, Incoming Webhooks) and enter its "
        "address. Mattermost, Rocket.Chat and Discord (with /slack at the end of the address) "
        "take the same messages.\n\n"
        "Choose which events are told, and from which level of risks on: a channel that tells "
        "everything is soon read by nobody."
    )
    category = ConnectorCategory.NOTIFICATION
    capabilities = (Capability.NOTIFICATION,)
    permissions = ("Reads risks",)
    schema = {
        "type": "object",
        "properties": {
            "url": {
                "type": "string",
                "format": "uri",
                "writeOnly": True,
                "title": "Address of the webhook",
            },
            **TELLING,
        },
        "required": ["url"],
        "additionalProperties": False,
    }

    def build_message(self, event: Event, config: Config) -> Message:
        title = event.title.translate(_MARKUP)
        told = f"<{event.url}|{title}>" if event.url else title
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": told[:3000]}}]
        body = json.dumps({"text": event.title, "blocks": blocks}).encode()
        return Message(config["url"], {"Content-Type": "application/json"}, body)
