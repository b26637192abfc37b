"""Who may come in to the desk: passwords, second factors, lockout, sessions, and the list of who did.

django-allauth does the work; here is what a clinic's desk wants otherwise. Knows nothing of articles.
"""
