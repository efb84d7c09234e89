"""A field for a day with the browser's own calendar: labelled, reached by keyboard, in the light and language of the browser."""

import panel as pn
import param

from ui.theme import FONT

_STYLE = f"""
:host {{ font-family: {FONT}; }}
label {{ display: block; font-size: 13px; line-height: 1.5; color: var(--muted); }}
input {{
  box-sizing: border-box; width: 100%; min-height: 42px; padding: 0 12px; font: inherit; font-size: 15px; border-radius: 8px;
  border: 1px solid var(--line-strong); background: var(--paper); color: var(--ink);
}}
input:focus-visible {{ outline: 2px solid var(--forecast); outline-offset: 1px; }}
"""


class DayField(pn.custom.JSComponent):
    """A day as `2026-11-24`, empty for none, from `first` to `last`; a day outside them is not taken over."""

    label = param.String(doc="What the day is for")
    value = param.String(doc="The chosen day")
    first = param.String(doc="The first day that can be chosen")
    last = param.String(doc="The last day that can be chosen")

    _esm = """
export function render({ model }) {
  const field = document.createElement("div")
  const label = document.createElement("label")
  const input = document.createElement("input")
  input.type = "date"
  input.id = "day"
  label.htmlFor = "day"
  field.append(label, input)
  const show = () => {
    label.textContent = model.label
    input.min = model.first
    input.max = model.last
    input.value = model.value
  }
  input.addEventListener("change", () => {
    if (input.value && input.validity.valid) model.value = input.value
  })
  for (const name of ["label", "value", "first", "last"]) model.on(name, show)
  show()
  return field
}
"""
    _stylesheets = [_STYLE]  # noqa: RUF012 - as panel has it
