"""The pages of acceptances, under /o/<organization>/acceptances/."""

from django.urls import path

from risks.pages.queues import acceptances

urlpatterns = [
    path("", acceptances.acceptance_list, name="acceptances"),
    path("<uuid:pk>/", acceptances.correct_acceptance, name="acceptance-correct"),
    path("<uuid:pk>/withdraw/", acceptances.withdraw_acceptance, name="acceptance-withdraw"),
]
