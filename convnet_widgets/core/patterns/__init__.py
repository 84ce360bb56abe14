"""Pictures that make a unit of a network answer most, found by gradient ascent.

Four questions, a module each: what to maximise (`objectives`), what is varied
(`parameterisations`), what the picture has to withstand (`transforms`) and what it should avoid
(`regularisers`).
"""
