use super::*;

#[test]
fn an_unknown_channel_gets_the_nearest_name() {
    let channels = all(Path::new("studio"));
    assert_eq!(find(&channels, "site").map(Channel::name).unwrap(), "site");
    let told: Vec<_> = ["sight", "sit", "printer"]
        .into_iter()
        .map(|name| find(&channels, name).err().unwrap().to_string())
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn every_channel_says_what_it_takes() {
    for channel in all(Path::new("studio")) {
        assert!(channel.summary().ends_with('.'));
        assert_eq!(channel.settings_schema()["type"], "object");
        assert!(channel.check(&Map::new()).is_ok(), "{}", channel.name());
    }
}
