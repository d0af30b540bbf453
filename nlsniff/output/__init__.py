"""Text and JSON from decoded messages and conversations."""
