use super::*;

/// The runtime's own `features`, as far as the prelude meets it.
fn yes_with(before: &str, script: &str) {
    let truth = realm_after(
        "globalThis.reported = {}; globalThis.features = (values) => Object.assign(reported, values);",
        |ctx| {
            ctx.eval::<(), _>(before)
                .catch(&ctx)
                .map_err(|error| error.to_string())?;
            ctx.eval::<bool, _>(script)
                .catch(&ctx)
                .map_err(|error| error.to_string())
        },
    );
    assert_eq!(truth, Ok(true), "{before} {script}");
}

#[test]
fn fxhash_scripts_find_their_words() {
    yes("$fx.hash === fxhash && fxhash.length === 51 && fxhash.startsWith('oo')");
    yes(
        "$fx.rand === fxrand && fxrand() < 1 && $fx.minter.startsWith('tz1') && $fx.randminter() !== $fx.rand()",
    );
    yes("const a = fxrand(); $fx.rand.reset(); a === fxrand()");
    yes("const before = random(); $fx.rand(); true");
    yes(
        "$fx.preview() === undefined && $fx.isPreview === false && isFxpreview === false && fxpreview() === undefined",
    );
    yes("window.fxhash === fxhash");
    assert_ne!(
        run::<String>("one", "fxhash").unwrap(),
        run::<String>("two", "fxhash").unwrap()
    );
}

#[test]
fn parameters_come_from_the_step_then_from_the_definition() {
    let defined = "globalThis.params = { rings: 9 };
        $fx.params([{ id: 'rings', type: 'number', default: 3 }, { id: 'ink', type: 'color', default: 'ff8000' },
        { id: 'size', type: 'number', options: { min: 2, max: 4, step: 0.5 } }, { id: 'on', type: 'boolean' },
        { id: 'kind', type: 'select', options: { options: ['a', 'b'] } }, { id: 'n', type: 'bigint', options: { min: 1, max: 5 } }]);";
    for check in [
        "$fx.getParam('rings') === 9 && $fx.getRawParam('rings') === '9'",
        "const c = $fx.getParam('ink'); c.hex.rgb === '#ff8000' && c.arr.rgba.join() === '255,128,0,1' && c.obj.rgb.g === 128",
        "const s = $fx.getParam('size'); s >= 2 && s <= 4 && (s * 2) % 1 === 0 && s === $fx.getParam('size')",
        "typeof $fx.getParam('on') === 'boolean' && ['a', 'b'].includes($fx.getParam('kind')) && typeof $fx.getParam('n') === 'bigint'",
        "$fx.getParam('none') === undefined && Object.keys($fx.getParams()).length === 6",
        "$fx.stringifyParams({ n: 3n }) === '{\"n\":\"3\"}'",
    ] {
        yes(&format!("{defined} {check}"));
    }
    assert_eq!(
        fails("$fx.params({})"),
        "TypeError: $fx.params: expected an array of definitions, such as [{ id: \"count\", type: \"number\" }]"
    );
}

#[test]
fn features_of_all_conventions_are_reported() {
    yes_with(
        "$fx.features({ Mood: 'calm' })",
        "reported.Mood === 'calm' && $fx.getFeature('Mood') === 'calm'",
    );
    yes_with("$fx.features({ a: 1 })", "__features().a === 1");
    yes_with(
        "let features = { Rings: 7 }",
        "__features().Rings === 7 && reported.Rings === 7",
    );
    yes_with("const $features = { Rings: 8 }", "__features().Rings === 8");
    yes_with(
        "window.$fxhashFeatures = { Old: true }",
        "__features().Old === true && reported.Old",
    );
    yes_with(
        "var features = ['Palette: dusk', 'Rare']",
        "const f = __features(); f.Palette === 'dusk' && f['feature 2'] === 'Rare'",
    );
    yes_with(
        "features({ own: 1 })",
        "JSON.stringify(__features()) === '{}' && reported.own === 1",
    );
}

#[test]
fn art_blocks_scripts_find_their_token() {
    yes("/^0x[0-9a-f]{64}$/.test(tokenData.hash) && tokenData.tokenId === '0'");
    assert_ne!(
        run::<String>("one", "tokenData.hash").unwrap(),
        run::<String>("two", "tokenData.hash").unwrap()
    );
}
