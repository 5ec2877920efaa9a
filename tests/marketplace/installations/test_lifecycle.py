"""The life of an app, from installed to uninstalled."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from marketplace.installations import configuration, encryption, lifecycle
from marketplace.models import AppState, InstalledApp
from openrisk.errors import Conflict
from risks.models import Change
from tests.marketplace.conformance import REPORTS, upload

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


@pytest.fixture
def install(organization, admin):
    def make(slug, **configuration):
        app = lifecycle.install_app(actor=admin, organization=organization, connector=slug)
        if configuration:
            app = lifecycle.configure_app(actor=admin, instance=app, configuration=configuration)
        return app

    return make


def test_an_app_that_needs_nothing_is_configured_from_the_start(install):
    assert install("trivy").state == AppState.CONFIGURED
    assert install("webhook").state == AppState.NOT_CONFIGURED


def test_two_apps_have_two_names(install, organization, admin):
    install("trivy")
    with pytest.raises(ValidationError, match="installed already"):
        install("trivy")
    other = lifecycle.install_app(
        actor=admin, organization=organization, connector="trivy", name="Trivy of the shop"
    )
    assert other.name == "Trivy of the shop"


def test_an_unknown_connector_is_refused(install):
    with pytest.raises(ValidationError, match="There is no connector nothing"):
        install("nothing")


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ({"url": "https://example.org/", "secret": "short"}, "configuration/secret", "rule"),
        ({"url": "https://example.org/"}, "configuration", "secret is missing"),
        ({"url": 3, "secret": SECRET}, "configuration/url", "type string"),
        ({"url": "x", "secret": SECRET, "colour": 1}, "configuration", "does not know"),
        ({"url": "x", "secret": SECRET, "events": ["no"]}, "configuration/events/0", "one of"),
    ],
)
def test_a_configuration_is_checked_and_no_secret_repeated(install, wrong, place, words):
    with pytest.raises(ValidationError) as refusal:
        install("webhook", **wrong)
    assert words in " ".join(refusal.value.message_dict[place])
    assert "short" not in str(refusal.value)
    assert SECRET not in str(refusal.value)


def test_secrets_are_encrypted_and_stay_when_they_are_left_out(install, admin):
    app = install("webhook", url="https://example.org/", secret=SECRET)
    assert SECRET not in app.secrets
    assert "secret" not in app.settings
    app = lifecycle.configure_app(
        actor=admin, instance=app, configuration={"url": "https://example.com/"}
    )
    assert configuration.full_configuration(app) == {
        "url": "https://example.com/",
        "secret": SECRET,
    }
    assert SECRET not in str(list(Change.objects.values_list("changes", flat=True)))


def test_a_secret_can_be_taken_away(install, admin):
    feed = {"kind": "findings", "tool": "T", "token": "hidden"}
    feed["mapping"] = {"rule": "r", "title": "t", "severity": "s"}
    app = install("json-feed", **feed)
    feed["token"] = None
    app = lifecycle.configure_app(actor=admin, instance=app, configuration=feed)
    assert "token" not in configuration.full_configuration(app)


def test_a_new_configuration_has_to_be_tested_again(install, admin):
    app = lifecycle.test_app(actor=admin, app=install("trivy"))
    app = lifecycle.enable_app(actor=admin, app=app)
    assert app.state == AppState.ENABLED
    app = lifecycle.configure_app(actor=admin, instance=app, configuration={"asset": "shop"})
    assert (app.state, app.enabled_at) == (AppState.CONFIGURED, None)


def test_what_was_not_tested_is_not_enabled(install, admin):
    with pytest.raises(Conflict, match="Test it first"):
        lifecycle.enable_app(actor=admin, app=install("trivy"))


def test_a_test_reads_the_source(install, admin, source):
    source.routes["/kev"] = (200, {}, (REPORTS / "cisa-kev.json").read_bytes())
    app = lifecycle.test_app(actor=admin, app=install("cisa-kev", url=f"{source.url}/kev"))
    assert (app.state, app.reason) == (AppState.TESTED, "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {}, b""), "answered 404"),
        ((403, {}, b""), "credentials"),
        ((200, {}, b'{"catalogVersion": "1", "count": 9, "vulnerabilities": []}'), "9 entries"),
    ],
)
def test_a_test_that_fails_says_why(install, admin, source, answer, words):
    source.routes["/kev?token=hidden"] = answer
    app = install("cisa-kev", url=f"{source.url}/kev?token=hidden")
    app = lifecycle.test_app(actor=admin, app=app)
    assert app.state == AppState.ERROR
    assert words in app.reason
    assert "hidden" not in app.reason


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    install, admin, source, settings
):
    settings.MARKETPLACE_ALLOWED_NETWORKS = []
    app = lifecycle.test_app(actor=admin, app=install("cisa-kev", url=f"{source.url}/kev"))
    assert "MARKETPLACE_ALLOWED_NETWORKS" in app.reason
    assert not source.seen


def test_disabling_and_uninstalling(install, admin, organization):
    app = lifecycle.enable_app(
        actor=admin, app=lifecycle.test_app(actor=admin, app=install("trivy"))
    )
    upload(app, REPORTS / "trivy.json", admin)
    app = lifecycle.disable_app(actor=admin, app=app)
    assert app.state == AppState.DISABLED
    stays = lifecycle.uninstall_app(actor=admin, app=app)
    assert stays == {"risks.asset": 1, "risks.finding": 5}
    with pytest.raises(Conflict, match="uninstalled"):
        lifecycle.enable_app(actor=admin, app=app)


def test_an_uninstalled_app_keeps_no_secret_and_frees_its_name(install, admin):
    app = install("webhook", url="https://example.org/", secret=SECRET)
    lifecycle.uninstall_app(actor=admin, app=app)
    assert InstalledApp.objects.get(pk=app.pk).secrets == ""
    assert install("webhook").name == app.name


def test_a_schedule_is_a_cron_expression(install, admin):
    app = install("trivy")
    with pytest.raises(ValidationError, match="is not a cron expression"):
        lifecycle.configure_app(actor=admin, instance=app, cron="every day")
    app = lifecycle.configure_app(actor=admin, instance=app, cron="0 5 * * *")
    assert app.next_run_at.hour == 5


# --- Keys -------------------------------------------------------------------------------------
def test_a_key_is_replaced(install, settings, capsys):
    settings.ENCRYPTION_KEYS = ["old"]
    app = install("webhook", url="https://example.org/", secret=SECRET)
    settings.ENCRYPTION_KEYS = ["new", "old"]
    call_command("secrets_rotate")
    settings.ENCRYPTION_KEYS = ["new"]
    app.refresh_from_db()
    assert configuration.full_configuration(app)["secret"] == SECRET
    assert capsys.readouterr().out == "1 apps with secrets.\n"


def test_a_lost_key_is_told(install, admin, settings):
    settings.ENCRYPTION_KEYS = ["old"]
    app = install("webhook", url="https://example.org/", secret=SECRET)
    settings.ENCRYPTION_KEYS = ["new"]
    with pytest.raises(encryption.SecretsUnreadable, match="ENCRYPTION_KEYS"):
        configuration.full_configuration(app)
    app = lifecycle.test_app(actor=admin, app=app)
    assert "enter the secrets again" in app.reason
