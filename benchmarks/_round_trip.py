"""The floor of what a kernel answers: a round trip, and one colour in a canvas."""

from _moves import Target

_OTHER_WAY = {"ArrowUp": "ArrowDown", "ArrowDown": "ArrowUp"}

_CELL = """
import anywidget
import os
import traitlets
class RoundTrip(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      el.innerHTML = `<input type="range" min="0" max="1" value="0">
        <br><canvas width="300" height="300"></canvas>`;
      el.className = "bench-round-trip";
      const [input, context] = [el.firstChild, el.lastChild.getContext("2d")];
      const draw = () => {
        context.fillStyle = model.get("asked") ? "red" : "blue";
        context.fillRect(0, 0, 300, 300);
      };
      input.dataset.lmSuppressShortcuts = "true";
      input.oninput = () => {
        model.set("asked", input.valueAsNumber);
        model.save_changes();
      };
      model.on("change:answer", draw);
      draw();
    } };
    '''
    asked = traitlets.Int(0).tag(sync=True)
    answer = traitlets.Bytes(b"").tag(sync=True)
    @traitlets.observe("asked")
    def _answer(self, _):
        self.answer = os.urandom(COUNT)
RoundTrip()"""


def round_trip_cell(count):
    """A cell with a slider, to which the kernel answers so many bytes before a canvas changes."""
    return _CELL.replace("COUNT", str(count))


class Alternating(Target):
    """A choice of two, changed to and fro."""

    def move(self, page):
        """Choose the other one."""
        super().move(page)
        self.keys = tuple(_OTHER_WAY.get(key, key) for key in self.keys)


def round_trip():
    """The slider of the cell."""
    return Alternating(
        "empty round trip", ".bench-round-trip input", ".bench-round-trip canvas", ("ArrowUp",)
    )
