"""Pretrained weights that Python packages carry, read without running their code."""
