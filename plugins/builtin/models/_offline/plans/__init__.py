"""The plans: what is done for each kind of request."""

from .table import plan_for as plan_for
