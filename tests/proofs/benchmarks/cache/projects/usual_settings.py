"""What most projects do: Django's own middleware, a token, `cache_page` over django-redis.

Models, serializer, renderer and rows are OpenRisk's; its own cache is off.
"""

from openrisk import settings as openrisk

vars().update({name: value for name, value in vars(openrisk).items() if name.isupper()})

CACHE_BACKEND = "none"
CACHES = {
    # The default serializer, as nearly everybody uses it: pickle.
    "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": openrisk.REDIS_URL}
}
# What `startproject` writes.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "tests.proofs.benchmarks.cache.projects.usual_urls"
