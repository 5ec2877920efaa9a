"""The usual project with django-cacheops in place of `cache_page`: it patches the ORM."""

from tests.proofs.benchmarks.cache.projects import usual_settings as usual

vars().update({name: value for name, value in vars(usual).items() if name.isupper()})

INSTALLED_APPS = [*usual.openrisk.INSTALLED_APPS, "cacheops"]
CACHEOPS_REDIS = usual.openrisk.REDIS_URL
CACHEOPS = {f"{app}.*": {"ops": "all", "timeout": 3600} for app in ("risks", "accounts")}
ROOT_URLCONF = "tests.proofs.benchmarks.cache.projects.plain_urls"
