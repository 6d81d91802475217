"""The kit that plugin authors have is the kit of gaff's own tests."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["gaff.testing.pytest_plugin"]

# How fast the machine is at the moment is nothing that a test should fail for.
settings.register_profile("gaff", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gaff")
