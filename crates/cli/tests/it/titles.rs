//! What pieces are called, where words were chosen and edited for them.

use crate::studio::{Studio, files_below};

const PROCESS: &str = "daedal: v1
name: motto
steps:
  words: { uses: grammar, count: 4, with: { grammar: words.json, origin: motto } }
  pick: { uses: choose, with: { from: \"{{ steps.words }}\", keep: 2, decider: human } }
  print:
    uses: template
    foreach: \"{{ steps.pick }}\"
    with: { text: \"{{ item.title }}\" }
outputs: { motto: \"{{ steps.print }}\" }
";
const WORDS: &str = r##"{
  "motto": { "title": "#tone# #land#" },
  "tone": ["Long", "Upper", "Hollow", "Far", "Low", "Quiet", "Blue"],
  "land": ["Ridge", "Meadow", "Saddle", "Pass", "Common", "Fell", "Down"]
}"##;

#[test]
fn a_piece_is_called_what_was_chosen_for_it_and_as_it_was_edited() {
    let studio = Studio::empty();
    studio.write("process.yaml", PROCESS);
    studio.write("words.json", WORDS);
    studio.write(
        "mine.json",
        "{ \"title\": \"By Hand\", \"text\": \"By Hand\" }",
    );
    studio.account();
    studio.daedal(&["run", "-q", "--seed", "hills"]).ends(3);
    let edit = ["edit", "latest", "words#3", "mine.json"];
    studio.daedal(&edit).ends(0);
    studio.daedal(&["resume", "-q"]).ends(3);
    let choose = ["choose", "latest", "pick", "3", "2"];
    studio.daedal(&choose).ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let files = files_below(&studio.path().join("site/media/motto"));
    let mut titles = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".txt")) {
        let file = format!("site/media/motto/{name}");
        let told = studio.daedal(&["verify", &file, "--json"]).ends(0).json();
        let title = told["verdict"]["title"].as_str().unwrap();
        assert_eq!(title.as_bytes(), bytes);
        titles.push(title.to_owned());
    }
    assert_eq!(titles.len(), 2);
    assert!(titles.contains(&"By Hand".to_owned()), "{titles:?}");
    let by_hand = |name: &String| name.starts_with("by-hand-");
    assert!(files.keys().any(by_hand), "{:?}", files.keys());
}
