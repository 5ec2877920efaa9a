"""The application of whichever DJANGO_SETTINGS_MODULE names, on the same terms as OpenRisk's."""

import gc

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

gc.collect()
gc.freeze()
