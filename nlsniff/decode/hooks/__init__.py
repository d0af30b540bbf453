"""Shapes that no table can hold, by the name that a dissector's `hook:` gives. Keep them few and small.

A hook fills a node as the functions of `nlsniff.decode.fields.values` do, and never raises; some are made for a field
first. `nlsniff.decode.fields.registry` says which module has which. `nlsniff.spec.keys` has the same names, for it may
not import this; a test compares them.
"""
