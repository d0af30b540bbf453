"""Conversations: who asked, what the kernel answered, which attribute was wrong, what came of it."""
