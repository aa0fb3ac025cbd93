// Chance: `random` and what is built on it, and streams that don't shift each other.
(() => {
  'use strict';
  const native = globalThis.__native;

  const wrong = (kind, message) => { throw new kind(message); };
  const listed = (who, items) => (items?.length > 0
    ? items : wrong(TypeError, `${who}: expected an array with at least one item`));

  // Adds the rest to a native `random`.
  const complete = (random) => {
    const { _gaussian: gaussian, _seed: seed, _reset: reset } = random;
    for (const name of ['_gaussian', '_seed', '_reset']) delete random[name];
    const int = (low, high) => {
      if (high === undefined) [low, high] = [0, low];
      if (!Number.isFinite(low) || !Number.isFinite(high)) wrong(TypeError, `randomInt: the bounds are ${low} and ${high}, expected numbers`);
      [low, high] = [Math.ceil(low), Math.floor(high)];
      return low + Math.floor(random() * Math.max(0, high - low + 1));
    };
    const own = {
      random,
      int,
      gaussian: (mean = 0, deviation = 1) => mean + deviation * gaussian(),
      chance: (share = 0.5) => random() < share,
      sign: () => (random() < 0.5 ? -1 : 1),
      pick: (items) => listed('pick', items)[Math.floor(random() * items.length)],
      weighted: (items, weights) => {
        if (weights === undefined && !Array.isArray(items)) [items, weights] = [Object.keys(items), Object.values(items)];
        if (weights === undefined) [items, weights] = [items.map((pair) => pair[0]), items.map((pair) => pair[1])];
        if (listed('weighted', items).length !== weights.length) wrong(RangeError, `weighted: ${items.length} items and ${weights.length} weights, expected as many`);
        let whole = 0;
        for (const weight of weights) whole += weight >= 0 ? weight : wrong(RangeError, `weighted: a weight is ${weight}, expected a number from 0 up`);
        if (!(whole > 0)) wrong(RangeError, 'weighted: all weights are 0, expected one above');
        let at = random() * whole;
        for (let i = 0; i < items.length; i += 1) {
          at -= weights[i];
          if (at < 0) return items[i];
        }
        return items[weights.findLastIndex((weight) => weight > 0)];
      },
      shuffle: (items, inPlace = false) => {
        const mixed = inPlace ? items : Array.from(items);
        for (let i = mixed.length - 1; i > 0; i -= 1) {
          const j = Math.floor(random() * (i + 1));
          [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
        }
        return mixed;
      },
      seed: (number) => seed(Number(number)),
      reset,
    };
    return Object.assign(random, own);
  };

  const main = complete(native.stream(''));
  const expose = (values) => {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
    }
  };
  native.expose = expose;
  native.random = main;
  native.complete = complete;

  expose({
    random: main,
    randomInt: main.int,
    randomGaussian: main.gaussian,
    randomSeed: main.seed,
    chance: main.chance,
    pick: main.pick,
    weighted: main.weighted,
    shuffle: main.shuffle,
    rng: (label) => complete(native.stream(label)),
    noise: native.noise,
    noiseSeed: native.noiseSeed,
    noiseDetail: native.noiseDetail,
  });
})();
