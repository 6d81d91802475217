"""The kit that plugin authors have is the kit of gaff's own tests."""

pytest_plugins = ["gaff.testing.pytest_plugin"]
