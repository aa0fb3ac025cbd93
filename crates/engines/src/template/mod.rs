//! Fills in templates: text, JSON, Markdown, SVG.
