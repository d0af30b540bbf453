"""Netfilter's tools as referees: what they print against what nlsniff reads from the same messages."""
