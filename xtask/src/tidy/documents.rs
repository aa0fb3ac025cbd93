//! Links between documents lead somewhere, and nothing promised is missing.

use crate::{Failure, files, root};

/// What a visitor expects at the top.
const PROMISED: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "STYLE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "deny.toml",
    "test.sh",
    ".ci/run",
];

/// Missing files and dead relative links.
pub(super) fn check() -> Result<Vec<String>, Failure> {
    let mut findings: Vec<String> = PROMISED
        .iter()
        .filter(|name| !root().join(name).exists())
        .map(|name| format!("{name} is missing"))
        .collect();
    for path in files(".md")? {
        let text = std::fs::read_to_string(root().join(&path))?;
        let folder = root().join(&path);
        let folder = folder.parent().unwrap_or(&folder);
        for (number, line) in text.lines().enumerate() {
            for target in links(line) {
                let file = target.split('#').next().unwrap_or_default();
                if !file.is_empty() && !file.contains("://") && !folder.join(file).exists() {
                    findings.push(format!(
                        "{}:{}: link to {target}, which is not there",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    Ok(findings)
}

/// Targets of `[text](target)` and `src="target"` in a line.
fn links(line: &str) -> Vec<&str> {
    let markdown = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let html = line
        .split("src=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    markdown
        .chain(html)
        .filter(|target| !target.starts_with("mailto:") && !target.contains(['`', ' ']))
        .collect()
}
