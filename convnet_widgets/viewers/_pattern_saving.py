"""Patterns as files: a picture of all, arrays, and how they came about."""

from os import PathLike
from pathlib import Path

from ..rendering.animation import save_gif
from ..rendering.encoding import encode
from ..rendering.pattern_figures import margin, pattern_grid
from ._pattern_run import PatternRun, in_colour


def save_run(run: PatternRun, path: str | PathLike[str]) -> None:
    """Write the patterns of a run to a PNG, an NPZ or a GIF file."""
    file = Path(path)
    ending = file.suffix.lower()
    if ending == ".png":
        file.write_bytes(encode(pattern_grid(in_colour(run.pictures), run.status)))
    elif ending == ".npz":
        run.patterns.save(file)
    elif ending == ".gif":
        if run.is_all_kept:
            raise RuntimeError(
                "these patterns came from the cache, which keeps no film of how they came about; "
                "make the viewer with cache=False and save it then"
            )
        film = run.film()
        save_gif(film, file, gap=margin(*film[0].shape[1:3]))
    else:
        raise ValueError(f"patterns are saved as .png, .npz or .gif; got {str(path)!r}")
