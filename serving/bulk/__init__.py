"""Work on very many pictures: in parts, here or on the machines of a Ray cluster, with the same result."""
