"""From bytes to nodes: every byte of a message accounted for, and no bytes that make it raise."""
