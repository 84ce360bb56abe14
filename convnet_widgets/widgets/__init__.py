"""Controls and displays in the browser; they know arrays, never a network."""
