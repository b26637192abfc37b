"""The WSGI application gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from articles import caching

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
# Milliseconds. What a request may ask of the database: commands, which may take longer, are not here.
os.environ.setdefault(
    "DATABASE_LIMITS",
    "-c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000",
)

application = get_wsgi_application()
# Now, not with the first request: by then the files may be those of the next release, which this one is not.
caching.release()
