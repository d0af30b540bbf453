"""Dissectors as data: finds, loads and checks YAML files, and gives them as a model of what messages look like."""
