//! Numbers as people write them.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// `1st`, `12th`, `23rd`.
pub(crate) fn ordinal(number: i64) -> String {
    let ending = match (number.unsigned_abs() % 100, number.unsigned_abs() % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `forty-two`, `one thousand and five`.
pub(crate) fn in_words(number: i64) -> String {
    if number < 0 {
        return format!("minus {}", words_of(number.unsigned_abs()));
    }
    words_of(number.unsigned_abs())
}

fn words_of(number: u64) -> String {
    const SCALES: [(u64, &str); 6] = [
        (1_000_000_000_000_000_000, "quintillion"),
        (1_000_000_000_000_000, "quadrillion"),
        (1_000_000_000_000, "trillion"),
        (1_000_000_000, "billion"),
        (1_000_000, "million"),
        (1_000, "thousand"),
    ];
    if let Some((scale, name)) = SCALES.iter().find(|(scale, _)| number >= *scale) {
        let head = format!("{} {name}", words_of(number / scale));
        return match number % scale {
            0 => head,
            rest @ 1..100 => format!("{head} and {}", words_of(rest)),
            rest => format!("{head} {}", words_of(rest)),
        };
    }
    // Below one thousand: the casts can't lose anything.
    match number as usize {
        small @ 0..20 => ONES[small].to_owned(),
        tens @ 20..100 if tens % 10 == 0 => TENS[tens / 10].to_owned(),
        tens @ 20..100 => format!("{}-{}", TENS[tens / 10], ONES[tens % 10]),
        hundreds => match hundreds % 100 {
            0 => format!("{} hundred", ONES[hundreds / 100]),
            rest => format!(
                "{} hundred and {}",
                ONES[hundreds / 100],
                words_of(rest as u64)
            ),
        },
    }
}

/// Roman numerals of 1 to 3,999.
pub(crate) fn roman(number: i64) -> Option<String> {
    const SIGNS: [(i64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..=3_999).contains(&number) {
        return None;
    }
    let mut rest = number;
    let mut signs = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            signs.push_str(sign);
            rest -= value;
        }
    }
    Some(signs)
}

/// The digits of a decimal number in groups of three.
pub(crate) fn grouped(number: &str, separator: &str) -> String {
    let (sign, digits) = number
        .strip_prefix('-')
        .map_or(("", number), |digits| ("−", digits));
    let (whole, fraction) = digits
        .find('.')
        .map_or((digits, ""), |dot| digits.split_at(dot));
    let mut groups = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            groups.push_str(separator);
        }
        groups.push(digit);
    }
    format!("{sign}{groups}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_out() {
        let shown: Vec<String> = [0, 13, 40, 42, 100, 342, 1_005, 2_340, 1_000_000, -7]
            .into_iter()
            .map(in_words)
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        zero
        thirteen
        forty
        forty-two
        one hundred
        three hundred and forty-two
        one thousand and five
        two thousand three hundred and forty
        one million
        minus seven
        ");
        assert_eq!(
            [1, 2, 3, 4, 11, 112, 121].map(ordinal).join(" "),
            "1st 2nd 3rd 4th 11th 112th 121st"
        );
        assert_eq!(roman(1994).as_deref(), Some("MCMXCIV"));
        assert_eq!((roman(0), roman(4000)), (None, None));
        assert_eq!(grouped("-1234567.25", ","), "−1,234,567.25");
        assert_eq!(grouped("999", " "), "999");
        assert!(!in_words(i64::MIN).is_empty());
    }
}
