"""Whole panels for a notebook: a network and an image in, a panel out."""
