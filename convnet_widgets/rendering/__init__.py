"""Arrays to pictures: intensity, colour maps, mosaics, encodings, figures."""
