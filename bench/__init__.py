"""How fast the site is: `make bench`, or `python -m bench`."""
