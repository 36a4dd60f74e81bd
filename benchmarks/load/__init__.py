"""Servers under load, with clients in processes of their own."""
