"""The usual project with django-cachalot in place of `cache_page`: it patches the SQL compiler."""

from tests.benchmarks.cache.projects import usual_settings as usual

vars().update({name: value for name, value in vars(usual).items() if name.isupper()})

INSTALLED_APPS = [*usual.openrisk.INSTALLED_APPS, "cachalot"]
ROOT_URLCONF = "tests.benchmarks.cache.projects.plain_urls"
