"""The usual project with django-cachalot in place of `cache_page`: it patches the SQL compiler."""

from tests.proofs.benchmarks.cache.projects import usual_settings as usual

vars().update({name: value for name, value in vars(usual).items() if name.isupper()})

INSTALLED_APPS = [*usual.openrisk.INSTALLED_APPS, "cachalot"]
ROOT_URLCONF = "tests.proofs.benchmarks.cache.projects.plain_urls"
