"""What `import nlsniff` gives: the public objects, made from the parts of the house, which stay free to change.

Names, values and times are those of the JSON contract (docs/json.md), so that what was learnt in Python, in a filter or
from JSON holds in all three. `nlsniff.__all__` lists what is public; docs/python.md explains it.
"""
