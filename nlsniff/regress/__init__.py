"""Captures as regression tests: transcripts, what differs between two of them, and goldens that are kept."""
