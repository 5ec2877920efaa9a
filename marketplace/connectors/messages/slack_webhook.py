"""Events of the register as messages in a channel of Slack or a compatible service."""

import json

from marketplace.connectors.base import Capability, Connector, ConnectorCategory
from marketplace.connectors.items import Config, Event, OutgoingMessage
from marketplace.connectors.messages.webhook import SUBSCRIPTION

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class SlackWebhook(Connector):
    """The address is the secret: anyone who has it can write into the channel."""

    slug = "slack-webhook"
    name = "Slack"
    version = "1.0.0"
    summary = "Posts events of risks to a channel."
    documentation = (
        "Make an incoming webhook for a channel (in Slack: Apps, Incoming Webhooks) and enter its "
        "address. Mattermost, Rocket.Chat and Discord (with /slack at the end of the address) "
        "accept the same messages.\n\n"
        "Choose the events and the lowest level of risks: people stop reading a channel that "
        "reports everything."
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
            **SUBSCRIPTION,
        },
        "required": ["url"],
        "additionalProperties": False,
    }

    def build_message(self, event: Event, config: Config) -> OutgoingMessage:
        title = event.title.translate(_MARKUP)
        text = f"<{event.url}|{title}>" if event.url else title
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}]
        body = json.dumps({"text": event.title, "blocks": blocks}).encode()
        return OutgoingMessage(config["url"], {"Content-Type": "application/json"}, body)
