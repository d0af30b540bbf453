"""iproute2 as referee: what `ip`, `tc` and `bridge` print as JSON against what nlsniff reads from the same messages.

`answers` reads what the tools printed and the dumps that they asked for, `pairs` puts a tool's objects beside ours and
`compare` holds one against the other by the maps of names in `map_*`.
"""
