// Colours as CSS texts: what goes into `fillStyle` comes out here too.
(() => {
  'use strict';
  const native = globalThis.__native;
  native.expose({
    mix: (from, to, share = 0.5) => native.colourMix(from, to, share, true),
    lighten: (colour, amount = 0.1) => native.colourShift(colour, amount),
    darken: (colour, amount = 0.1) => native.colourShift(colour, -amount),
    withAlpha: (colour, alpha) => native.colourAlpha(colour, alpha),
    contrast: (one, other) => native.colourContrast(one, other),
    ramp(colours, share) {
      const last = colours.length - 1, at = Math.min(Math.max(share, 0), 1) * last, i = Math.min(Math.floor(at), last - 1);
      return last < 1 ? colours[0] : native.colourMix(colours[i], colours[i + 1], at - i, true);
    },
    // The choice that stands out most from the ground.
    legible: (ground, choices = ['black', 'white']) => choices.reduce((best, choice) => (
      native.colourContrast(choice, ground) > native.colourContrast(best, ground) ? choice : best)),
  });
})();
