use super::*;

#[test]
fn colours_are_mixed_shifted_and_compared() {
    yes("mix('red', 'red') === '#ff0000' && mix('black', 'white', 0) === '#000000'");
    yes("mix('blue', 'yellow') !== '#808080' && mix('#fff', '#000', 1) === '#000000'");
    yes("contrast('black', 'white') === 21 && contrast('teal', 'teal') === 1");
    yes(
        "Math.abs(contrast('#777', 'white') - 4.478) < 0.001 && contrast('rgba(0,0,0,0)', 'white') === 1",
    );
    yes("contrast(lighten('#2a6f97', 0.2), 'black') > contrast('#2a6f97', 'black')");
    yes("contrast(darken('#2a6f97'), 'white') > contrast('#2a6f97', 'white')");
    yes("withAlpha('#ff0000', 0.5) === 'rgba(255, 0, 0, 0.5)'");
    yes(
        "ramp(['#000', '#f00', '#fff'], 0.5) === '#ff0000' && ramp(['#123456'], 0.3) === '#123456'",
    );
    yes("legible('navy') === 'white' && legible('#ffe', ['#333', '#999']) === '#333'");
    assert_eq!(
        fails("mix('reddish', 'red')"),
        "TypeError: expected a colour such as \"#2a6f97\", \"rgb(42 111 151)\" or \"teal\", got \
         the text \"reddish\""
    );
}
