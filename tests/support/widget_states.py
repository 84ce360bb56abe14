"""The states that a widget and its browser send each other."""


def updates(widget, monkeypatch):
    """The state messages `widget` sends from now on, as a growing list."""
    sent = []

    def record(message, buffers=None):  # noqa: ARG001
        if message["method"] == "update":
            sent.append(message["state"])

    monkeypatch.setattr(widget, "_send", record)
    return sent


def from_browser(widget, **state):
    message = {"method": "update", "state": state, "buffer_paths": []}
    widget._handle_msg({"content": {"data": message}, "buffers": []})
