"""Cannot be imported: it needs a module that is not there."""

from importlib import import_module

import_module("no_such_module_anywhere")
