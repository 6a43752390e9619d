// The controls of the voices: being rewritten.

const make = (tag, className, properties = {}) =>
  Object.assign(document.createElement(tag), { className, ...properties });

class Voices {
  constructor(box, sound) { Object.assign(this, { box, sound }); }
  show(voices) {
    this.box.replaceChildren(...voices.filter((v) => !v.part).map(({ name, label }) => {
      const button = make("button", "switch", { type: "button", textContent: label, onclick: () => this.sound.choose(name) });
      button.dataset.testid = `voice-${name}`;
      return button;
    }));
  }
  update() {}
  flip() {}
  nth() {}
}
