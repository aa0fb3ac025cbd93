use super::*;

const ALMANAC: &str = include_str!("../../tests/fixtures/almanac.yaml");

#[test]
fn a_whole_file_is_read_and_printed_again() {
    let process = parse("process.yaml", ALMANAC.as_bytes()).unwrap();
    assert_eq!(process.steps.len(), 7);
    assert_eq!(process.budget.time_ms, Some(1_200_000));
    let printed = print(&process);
    let again = parse("printed.yaml", printed.as_bytes())
        .unwrap_or_else(|mistakes| panic!("{}\n{printed}", mistakes.listed()));
    assert_eq!(again, process, "\n{printed}");
}

fn told(bytes: &[u8]) -> String {
    parse("process.yaml", bytes).unwrap_err().listed()
}

#[test]
fn every_mistake_is_told_at_once_in_its_place() {
    let file = r#"daedal: v2
name: Tidal Almanac
titel: x
license: { id: MIT, file: L }
token: { shares: { creator: 70%, nobody: 10% } }
inputs:
  edition: { type: integer, min: 5, max: 1 }
  theme: { type: text, default: 5.5, max: 3 }
parameters:
  palette: { type: choice, of: [kelp, ember], default: kelpp }
  Turb: { type: number }
budget: { cost: 2 EUR, time: 20 minutes }
steps:
  draft: { uses: sketch, count: 0, retry: { attempts: 99 }, reuze: run }
  polish: { repeat: { steps: { x: { repeat: { at_most: 2, steps: {} } } } } }
  both: { uses: a, repeat: {} }
  none: { role: generatr }
release: { channels: [ { of: x } ] }
"#;
    insta::assert_snapshot!(told(file.as_bytes()));
}

#[test]
fn shares_that_cannot_be_read_are_not_counted() {
    let with = |shares: &str| {
        let file = format!("daedal: v1\nname: x\ntoken: {{ shares: {shares} }}\nsteps: {{}}\n");
        told(file.as_bytes())
    };
    let mistyped = with("{ creator: 60, treasury: 40 }");
    assert!(
        mistyped.contains("60") && !mistyped.contains("sum to"),
        "{mistyped}"
    );
    assert!(!with("{ creator: 60%, treasury: forty }").contains("sum to"));
    assert!(with("{ creator: 60% }").contains("the shares sum to 60%"));
    assert!(with("{}").contains("the shares sum to 0%"));
}

#[test]
fn what_is_no_file_at_all_is_told_plainly() {
    let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let inner = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    let big = "x".repeat(FILE_BYTES_MAX + 1);
    let deep_blocks: String = (0..40)
        .map(|depth| format!("{}a:\n", "  ".repeat(depth)))
        .collect();
    let cases: [(&str, &[u8]); 16] = [
        ("empty", b""),
        ("a list", b"- a\n- b\n"),
        ("broken", b"name: [a, b\nsteps: {}\n"),
        ("tabs", b"steps:\n\ta: b\n"),
        ("not UTF-8", b"name: \xff\xfe\n"),
        ("deep", deep.as_bytes()),
        ("bomb", bomb.as_bytes()),
        ("big", big.as_bytes()),
        ("two", b"daedal: v1\n---\nname: x\n"),
        ("no anchor", b"daedal: *v\n"),
        ("in itself", b"daedal: &v [*v]\n"),
        ("infinite", b"name: -.inf\n"),
        ("a list as a key", b"[a]: b\n"),
        ("open quote", b"name: \"x\nsteps: {}\n"),
        ("colon", b"title: Tides: a study\n"),
        ("deep blocks", deep_blocks.as_bytes()),
    ];
    let all: String = cases
        .iter()
        .map(|(name, bytes)| format!("{name}: {}", told(bytes)))
        .collect();
    insta::assert_snapshot!(all);
}
