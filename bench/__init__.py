"""How fast the site is: `make bench`, or `python -m bench`. docs/operations.md says how to read it."""
