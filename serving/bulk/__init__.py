"""Work on very many pictures, split into parts that run on this machine or on a Ray cluster, with the same result."""
