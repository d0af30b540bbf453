"""Capture files: read, written and indexed. Knows netlink's headers, and nothing of what they carry."""

CHUNK = 1 << 18  # bytes of a file that are read at a time
