"""What of a capture must not be passed on, its overwriting, and the proof that no copy is left."""
