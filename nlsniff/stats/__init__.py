"""Counting what is in a capture, and the text of the counts."""
