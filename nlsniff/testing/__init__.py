"""What the pytest plugin does (`nlsniff.pytest_plugin`), loaded when a test uses one of its fixtures."""
