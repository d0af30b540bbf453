"""Capture files: read, written and indexed. Knows netlink's headers, and nothing of what they carry."""
