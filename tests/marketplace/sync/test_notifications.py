"""Events of the register told to other programs, against a receiver on this machine."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from marketplace import tasks
from marketplace.connectors.messages.webhook import sign_message
from marketplace.installations import lifecycle
from marketplace.models import AppState, Delivery
from marketplace.sync import notifications
from marketplace.sync.probe import SourceFailed
from risks.models import Risk
from risks.services.risks import create_risk, take_transition, update_risk
from tests.opened import open_links

SECRET = "whsec_" + base64.b64encode(b"a key of thirty-two random bytes").decode()
TAKEN: tuple[int, dict[str, str], bytes] = (204, {}, b"")


@pytest.fixture
def webhook(organization, admin, source):
    """`webhook(**configuration)`: an enabled app that posts to /hook."""

    def make(slug="webhook", **configuration):
        source.routes["/hook"] = TAKEN
        app = lifecycle.install_app(actor=admin, organization=organization, connector=slug)
        configuration |= {"url": f"{source.url}/hook"}
        if slug == "webhook":
            configuration["secret"] = SECRET
        app = lifecycle.configure_app(actor=admin, instance=app, configuration=configuration)
        app = lifecycle.enable_app(actor=admin, app=lifecycle.test_app(actor=admin, app=app))
        source.seen.clear()
        return app

    return make


@pytest.fixture
def rated(organization, analyst):
    return lambda title="Flood", **fields: create_risk(
        actor=analyst, organization=organization, title=title, **fields
    )


def tell():
    """What the two tasks do, one after the other."""
    count = tasks.tell_events.call()
    for delivery in Delivery.objects.filter(status="waiting").order_by("at", "type"):
        notifications.send_delivery(delivery.pk)
    return count


def told(source):
    return [json.loads(body) for _, _, body in source.seen]


def test_what_happens_is_told_once(webhook, source, rated, analyst):
    webhook()
    risk = rated(inherent_likelihood=1, inherent_impact=2)
    tell()
    update_risk(actor=analyst, instance=risk, inherent_likelihood=5, inherent_impact=5)
    assert tell() == 1
    assert tell() == 0
    events = [(event["type"], event["data"]["level"]) for event in told(source)]
    assert events == [("risk.created", "low"), ("risk.level_changed", "critical")]
    assert told(source)[1]["data"]["previous_level"] == "low"


@pytest.mark.django_db(transaction=True)  # PostgreSQL dates by the transaction
def test_a_change_by_whatever_path_is_told(webhook, source, rated):
    webhook()
    risk = rated()
    tell()
    Risk.objects.filter(pk=risk.pk).update(status="closed")
    tell()
    assert [event["type"] for event in told(source)] == ["risk.created", "risk.closed"]


def test_what_was_before_is_not_told(webhook, source, rated):
    rated()
    webhook()
    assert (tell(), source.seen) == (0, [])


def test_only_what_is_wanted_is_told(webhook, source, rated, analyst):
    webhook(events=["risk.level_changed"], minimum_level="high")
    risk = rated(inherent_likelihood=1, inherent_impact=1)
    update_risk(actor=analyst, instance=risk, inherent_impact=5)
    tell()
    assert not source.seen
    update_risk(actor=analyst, instance=risk, inherent_likelihood=5)
    tell()
    assert [event["data"]["level"] for event in told(source)] == ["critical"]


def test_another_organization_hears_nothing(webhook, source, other_organization, outsider):
    webhook()
    create_risk(actor=outsider, organization=other_organization, title="Theirs")
    assert (tell(), source.seen) == (0, [])


def test_a_message_is_signed_as_the_specification_says(webhook, source, rated):
    webhook()
    rated()
    tell()
    _, headers, body = source.seen[0]
    names = {name.lower(): value for name, value in headers.items()}
    signed = f"{names['webhook-id']}.{names['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"a key of thirty-two random bytes", signed, hashlib.sha256).digest()
    assert names["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert abs(int(names["webhook-timestamp"]) - timezone.now().timestamp()) < 60


def test_a_signature_is_the_one_of_the_specification():
    """The example of standard-webhooks/spec, and of its reference libraries."""
    assert (
        sign_message(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_slack_gets_a_sentence_without_markup_of_its_own(webhook, source, rated, settings):
    webhook("slack-webhook")
    rated("<!channel> & co", inherent_likelihood=5, inherent_impact=5)
    tell()
    text = told(source)[0]["blocks"][0]["text"]["text"]
    sentence = "New risk: R-0001 &lt;!channel&gt; &amp; co (critical)"
    assert text == f"<{settings.SITE_URL}/o/acme/risks/R-0001/|{sentence}>"


def test_link_of_every_event_opens_the_risk(
    webhook, source, rated, analyst, viewer, settings, client
):
    settings.SITE_URL = "https://risk.example.org"
    webhook()
    webhook("slack-webhook")
    rated("First")
    risk = rated("Second", inherent_likelihood=1, inherent_impact=1)
    update_risk(actor=analyst, instance=risk, inherent_likelihood=5, inherent_impact=5)
    for status in ("assessed", "closed"):
        take_transition(actor=analyst, risk=risk, to=status, comment="Done")
    tell()
    bodies = [body.decode() for _, _, body in source.seen]
    kinds = {event.get("type") for event in told(source)} - {None}
    assert kinds == {
        "risk.created",
        "risk.level_changed",
        "risk.status_changed",
        "risk.closed",
    }
    for body in bodies:
        reference = "R-0001" if "First" in body else "R-0002"
        assert open_links(body.replace(source.url, ""), viewer) == [f"/o/acme/risks/{reference}/"]


def test_a_message_that_is_not_taken_is_tried_again(webhook, source, rated, admin):
    app = webhook()
    rated()
    source.routes["/hook"] = (503, {}, b"")
    tasks.tell_events.call()
    delivery = Delivery.objects.get()
    with pytest.raises(SourceFailed):
        notifications.send_delivery(delivery.pk, last_attempt=False)
    source.routes["/hook"] = TAKEN
    assert notifications.send_delivery(delivery.pk) is True
    assert notifications.send_delivery(delivery.pk) is False
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("delivered", 2)
    ids = {headers["webhook-id"] for _, headers, _ in source.seen}
    assert ids == {str(delivery.pk)}
    assert app.enabled_at


def test_a_receiver_that_is_gone_puts_the_app_in_error_until_it_is_back(webhook, source, rated):
    app = webhook()
    rated()
    source.routes["/hook"] = (410, {}, b"")
    tell()
    app.refresh_from_db()
    assert (app.state, Delivery.objects.get().status) == (AppState.ERROR, "failed")
    source.routes["/hook"] = TAKEN
    rated("Fire")
    tell()
    app.refresh_from_db()
    assert (app.state, app.reason) == (AppState.ENABLED, "")


def test_what_is_long_past_is_not_looked_at_again(webhook, source, rated):
    webhook()
    rated()
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        assert tasks.tell_events.call() == 0
