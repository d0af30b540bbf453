"""Searches for inputs on which nlsniff breaks a promise: `python -m tests.fuzz [--minutes N] [TARGET...]`.

- `seeds`: what inputs are made from: recordings, shared cases, messages built from the dissectors' model.
- `mutate`: damage, by bytes and by what the bytes mean.
- `targets`: what is tried, and what must hold of it.
- `promises`: the checks that targets share.
- `run`: the loop, with time and memory watched; `shrink` makes a finding small.
"""
