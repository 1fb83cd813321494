"""How the site runs for real, and under `make run`."""

from . import base

globals().update({name: value for name, value in vars(base).items() if name.isupper()})

DEBUG = False
