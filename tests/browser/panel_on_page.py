# SPDX-License-Identifier: GPL-2.0-only
"""A panel as it stands in the page: its controls by their labels, its picture, sentence and table."""

FOCUSABLE = "input, select, button, [tabindex='0'], [contenteditable='true']"

# The model's picture goes through the browser's own parser, so that both are the same letter by letter.
SAME_PICTURE = """([box, svg]) => {
    const other = document.createElement('div');
    other.innerHTML = svg;
    const shown = box.querySelector('svg');
    return shown !== null && shown.outerHTML === other.firstElementChild.outerHTML;
}"""

MEASURE = """box => {
    let pressed = null;
    window.keyToPicture = [];
    const shown = () => {  // runs after the frame that has the new picture in it was drawn
        if (pressed !== null) window.keyToPicture.push(performance.now() - pressed);
        pressed = null;
    };
    const drawn = new MessageChannel();
    drawn.port1.onmessage = shown;
    box.addEventListener('keydown', () => { pressed = performance.now(); }, {capture: true});
    const changed = () => requestAnimationFrame(() => drawn.port2.postMessage(null));
    new MutationObserver(changed).observe(box.querySelector('svg').closest('.widget-html'),
                                          {childList: true, subtree: true});
}"""

# Font sizes as they are on the screen: as drawn, times what the picture is scaled by.
TEXT_SIZES = """box => [...box.querySelectorAll('svg text')].map(
    text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""

# Not scrollIntoView(): on a narrow screen it moves all of JupyterLab to the side as well.
DOWN_TO = """svg => {
    const notebook = svg.closest('.jp-WindowedPanel-outer');
    notebook.scrollTop += svg.getBoundingClientRect().top - 200;
}"""

FOCUSED_AT = "(box, focusable) => [...box.querySelectorAll(focusable)].indexOf(document.activeElement)"


class PanelOnPage:
    """One panel; `box` is the element around all of it."""

    def __init__(self, box):
        self.box, self.page = box, box.page

    @property
    def picture(self):
        return self.box.locator("svg[role=img]")

    @property
    def sentence(self):
        """The sentence under the picture, or what was wrong with the last value."""
        return self.box.locator("[role=status], [role=alert]")

    @property
    def table(self):
        return self.box.locator("table")

    def text(self, label):
        """A line of text."""
        return self.box.get_by_label(label, exact=True)

    def choice(self, label):
        """A drop-down list."""
        return self.box.get_by_label(label, exact=True)

    def slider(self, label):
        """What is moved of a slider, which takes the keys."""
        return self._slider(label).locator(".noUi-handle")

    def place(self, label):
        """Where a slider stands."""
        return int(float(self.slider(label).get_attribute("aria-valuenow")))

    def button(self, name):
        """A button by what it says."""
        return self.box.get_by_role("button", name=name, exact=True)

    def press(self, control, *keys):
        """Put the focus on a control and press keys there: no mouse."""
        control.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, label, words):
        """Replace a line of text by typing, and press Enter."""
        self.press(self.text(label), "Control+a")
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")

    def wait_for_picture(self, svg):
        """Wait until the picture is this one, letter by letter."""
        self.page.wait_for_function(SAME_PICTURE, arg=[self.box.element_handle(), svg], timeout=5000)

    def bring_into_view(self):
        """Scroll to the picture, and again when cells that had not been drawn before have taken their place."""
        for _ in range(3):
            self.picture.evaluate(DOWN_TO)
            self.page.wait_for_timeout(200)

    def wait_for_sentence(self, words):
        """Wait until these words are in the sentence."""
        self.sentence.filter(has_text=words).wait_for(timeout=5000)

    def controls(self):
        """How many places of the panel can have the focus."""
        return self.box.locator(FOCUSABLE).count()

    def focused(self):
        """Which of those places has the focus, counted from 0; -1 if none has."""
        return self.box.evaluate(FOCUSED_AT, FOCUSABLE)

    def text_sizes(self):
        """The height of each text of the picture in pixels of the screen."""
        return self.box.evaluate(TEXT_SIZES)

    def key_to_picture(self, control, keys):
        """Milliseconds from each key going down to the new picture shown."""
        self.box.evaluate(MEASURE)
        control.focus()
        for number, key in enumerate(keys, start=1):
            self.page.keyboard.press(key)
            self.page.wait_for_function("number => window.keyToPicture.length >= number", arg=number, timeout=5000)
        return self.page.evaluate("window.keyToPicture")

    def _slider(self, label):
        exact = self.page.get_by_text(label, exact=True)
        return self.box.locator(".widget-slider").filter(has=exact)
