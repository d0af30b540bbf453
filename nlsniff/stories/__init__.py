"""What became of links, addresses, routes, IPsec states and policies, over all conversations of a capture."""
