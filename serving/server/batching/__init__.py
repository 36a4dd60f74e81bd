"""How rows of requests that wait are joined: which are next, what they are computed with, and who gets the results."""
