"""Networks, images and what is computed from them: NumPy in, NumPy out."""
