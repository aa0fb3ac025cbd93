//! How something grew: as a line of a terminal, and as SVG.

/// Columns of a terminal's line.
const COLUMNS: usize = 48;
/// Size of the SVG, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const MARGIN: f64 = 56.0;

/// Values that grew over time.
pub(crate) struct Series {
    /// What is counted.
    pub(crate) unit: String,
    /// Seconds since 1970 and the sum then, in order; never empty.
    pub(crate) points: Vec<(u64, f64)>,
}

impl Series {
    fn span(&self) -> (u64, u64) {
        let at = |point: Option<&(u64, f64)>| point.map_or(0, |(at, _)| *at);
        (at(self.points.first()), at(self.points.last()))
    }

    fn top(&self) -> f64 {
        self.points.last().map_or(0.0, |(_, sum)| *sum)
    }

    /// The sum at a time.
    fn at(&self, time: u64) -> f64 {
        let known = self.points.iter().take_while(|(at, _)| *at <= time);
        known.last().map_or(0.0, |(_, sum)| *sum)
    }
}

/// Eighths of a block, one a column, with the sum behind them.
pub(crate) fn line(series: &Series) -> String {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (first, last) = series.span();
    let top = series.top();
    let column = |column: usize| {
        let part = (column + 1) as f64 / COLUMNS as f64;
        let time = first + ((last - first) as f64 * part) as u64;
        let height = (8.0 * series.at(time) / top.max(f64::MIN_POSITIVE)).round();
        BLOCKS[(height as usize).min(8)]
    };
    let drawn: String = (0..COLUMNS).map(column).collect();
    format!("revenue   {drawn} {top} {}\n", series.unit)
}

/// Steps over time, one panel a unit, in a file that needs no other.
pub(crate) fn svg(title: &str, series: &[Series]) -> String {
    let height = HEIGHT * series.len().max(1) as f64;
    let mut drawn = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#1d2733\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fbfaf7\"/>\n",
        escaped(title)
    );
    if series.is_empty() {
        let middle = (WIDTH / 2.0, HEIGHT / 2.0);
        drawn.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">nothing has come in yet</text>\n",
            middle.0, middle.1
        ));
    }
    for (number, one) in series.iter().enumerate() {
        drawn.push_str(&panel(title, one, HEIGHT * number as f64));
    }
    drawn.push_str("</svg>\n");
    drawn
}

fn panel(title: &str, series: &Series, down: f64) -> String {
    let (first, last) = series.span();
    let (wide, high) = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
    let floor = HEIGHT - MARGIN;
    let x = |at: u64| MARGIN + wide * (at - first) as f64 / (last - first).max(1) as f64;
    let y = |sum: f64| floor - high * sum / series.top().max(f64::MIN_POSITIVE);
    let mut path = format!("M{MARGIN:.1} {floor:.1}");
    for (at, sum) in &series.points {
        path.push_str(&format!("H{:.1}V{:.1}", x(*at), y(*sum)));
    }
    path.push_str(&format!("H{:.1}", WIDTH - MARGIN));
    let day = |at: u64| {
        let moment = crate::text::moment(daedal_core::run::Moment(at * 1_000));
        moment
            .chars()
            .take(16)
            .collect::<String>()
            .replace('T', " ")
    };
    let ends = WIDTH - MARGIN;
    format!(
        "<g transform=\"translate(0 {down})\">\n\
         <text x=\"{MARGIN}\" y=\"28\" font-size=\"15\" font-weight=\"600\">{}, {}</text>\n\
         <path d=\"{path}V{floor:.1}H{MARGIN}Z\" fill=\"#2f6f8f\" fill-opacity=\"0.12\"/>\n\
         <path d=\"{path}\" fill=\"none\" stroke=\"#2f6f8f\" stroke-width=\"2\"/>\n\
         <path d=\"M{MARGIN} {floor}H{ends}\" stroke=\"#1d2733\" stroke-opacity=\"0.4\"/>\n\
         <text x=\"{ends}\" y=\"{MARGIN}\" dy=\"-6\" text-anchor=\"end\">{} {}</text>\n\
         <text x=\"{MARGIN}\" y=\"{floor}\" dy=\"18\">{}</text>\n\
         <text x=\"{ends}\" y=\"{floor}\" dy=\"18\" text-anchor=\"end\">{}</text>\n</g>\n",
        escaped(title),
        escaped(&series.unit),
        series.top(),
        escaped(&series.unit),
        day(first),
        day(last),
    )
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_drawn_from_nothing_to_the_sum() {
        let series = Series {
            unit: "A&B".to_owned(),
            points: vec![(1_000, 1.0), (2_000, 2.0), (4_000, 8.5)],
        };
        let shown = line(&series);
        assert!(
            shown.contains('▁') && shown.trim_end().ends_with("█ 8.5 A&B"),
            "{shown}"
        );
        let drawn = svg("Revenue", &[series]);
        assert!(
            drawn.contains("A&amp;B") && drawn.contains("V56.0"),
            "{drawn}"
        );
        assert!(svg("Revenue", &[]).contains("nothing has come in"));
    }
}
