//! Many rows with few statements.
//!
//! Statements come in a few sizes, so that each is prepared once and used again.

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

/// A statement to which values are being bound.
pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// Rows per statement, the largest first; 256 rows of 4 values are well within SQLite's 32,766.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// Inserts rows: `insert` up to `values`, `columns` values for each row, and `conflict` at the end.
pub(super) async fn insert<R>(
    connection: &mut SqliteConnection,
    [insert, conflict]: [&str; 2],
    columns: usize,
    rows: Vec<R>,
    bind: impl Fn(Statement, R) -> Statement,
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter();
    for size in SIZES {
        if rows.len() < size {
            continue;
        }
        let row = format!("({})", vec!["?"; columns].join(", "));
        let sql = format!(
            "{insert} {} {conflict}",
            vec![row.as_str(); size].join(", ")
        );
        while rows.len() >= size {
            let statement = sqlx::query(AssertSqlSafe(sql.clone()));
            let statement = rows.by_ref().take(size).fold(statement, &bind);
            statement.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// Selects the rows whose key is one of `keys`: `select` up to `in`. Unused places stay null,
/// which equals nothing.
pub(super) async fn select(
    connection: &mut SqliteConnection,
    select: &str,
    keys: &[Vec<u8>],
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let mut rows = Vec::new();
    for chunk in keys.chunks(SIZES[0]) {
        let size = SIZES
            .into_iter()
            .rev()
            .find(|size| *size >= chunk.len())
            .unwrap_or(SIZES[0]);
        let sql = format!("{select} in ({})", vec!["?"; size].join(", "));
        let statement = sqlx::query(AssertSqlSafe(sql));
        let statement = chunk
            .iter()
            .fold(statement, |statement, key| statement.bind(key.clone()));
        rows.extend(statement.fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}
