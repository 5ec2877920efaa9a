"""Accounts under /api/v1/auth/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from openrisk.api.accounts.views import AccountEventViewSet, LoginView, LogoutView, TokenViewSet

router = SimpleRouter(use_regex_path=False)
router.register("tokens", TokenViewSet, basename="tokens")
urlpatterns = [
    path("login/", LoginView.as_view(), name="api-login"),
    path("logout/", LogoutView.as_view(), name="api-logout"),
    path("events/", AccountEventViewSet.as_view({"get": "list"}), name="account-events"),
    *router.urls,
]
