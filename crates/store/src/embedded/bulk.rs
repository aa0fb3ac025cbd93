//! Many rows with few statements.
//!
//! Statements come in a few sizes, so that each is prepared once and used again.

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

/// A statement to which values are being bound.
pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// Rows per statement; 256 rows of 4 values are well within SQLite's 32,766.
const SIZES: [usize; 5] = [1, 4, 16, 64, 256];

/// One transaction, sent to SQLite's thread in as few messages as its rows allow: the way there and back
/// takes longer than what is done there.
///
/// Statements are gathered into one text. Texts come in few kinds, since rows fill up statements of a
/// few sizes, so that each is prepared once and used again.
pub(super) struct Script<'c> {
    connection: &'c mut SqliteConnection,
    sql: String,
    /// What binds the values, in order.
    binds: Vec<Box<dyn FnOnce(Statement) -> Statement + Send + 'c>>,
}

impl<'c> Script<'c> {
    pub(super) fn new(connection: &'c mut SqliteConnection) -> Self {
        Self {
            connection,
            sql: "begin immediate".to_owned(),
            binds: Vec::new(),
        }
    }

    /// Adds a statement and the values that it takes.
    pub(super) fn add(&mut self, sql: &str, bind: impl FnOnce(Statement) -> Statement + Send + 'c) {
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
        self.sql.push_str(sql);
        self.binds.push(Box::new(bind));
    }

    /// Adds rows: `insert` up to `values`, `columns` values for each row, and `conflict` at the end.
    pub(super) async fn insert<R: Send + 'c>(
        &mut self,
        [insert, conflict]: [&str; 2],
        columns: usize,
        rows: Vec<R>,
        bind: fn(Statement, R) -> Statement,
    ) -> Result<(), sqlx::Error> {
        let largest = SIZES[SIZES.len() - 1];
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let size = size_for(rows.len());
            let part: Vec<R> = rows.by_ref().take(size).collect();
            let row = format!("({})", vec!["?"; columns].join(", "));
            let values = vec![row.as_str(); size].join(", ");
            // Places without a row stay null, and no row begins with null.
            let sql = format!(
                "{insert} select * from (values {values}) where column1 is not null {conflict}"
            );
            self.add(&sql, move |mut statement| {
                let unused = (size - part.len()) * columns;
                statement = part.into_iter().fold(statement, bind);
                (0..unused).fold(statement, |statement, _| statement.bind(None::<i64>))
            });
            if size == largest {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Ends the transaction; everything is durable.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.add("commit", |statement| statement);
        self.send().await
    }

    async fn send(&mut self) -> Result<(), sqlx::Error> {
        let statement = sqlx::query(AssertSqlSafe(std::mem::take(&mut self.sql)));
        let binds = std::mem::take(&mut self.binds);
        let statement = binds
            .into_iter()
            .fold(statement, |statement, bind| bind(statement));
        statement.execute(&mut *self.connection).await.map(drop)
    }
}

/// The size of the statement that takes so many rows, or as many of them as fit.
fn size_for(rows: usize) -> usize {
    let fits = SIZES.into_iter().find(|size| *size >= rows);
    fits.unwrap_or(SIZES[SIZES.len() - 1])
}

/// Selects the rows whose key is one of `keys`: `select` up to `in`. Unused places stay null,
/// which equals nothing.
pub(super) async fn select(
    connection: &mut SqliteConnection,
    select: &str,
    keys: &[Vec<u8>],
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let mut rows = Vec::new();
    for chunk in keys.chunks(SIZES[SIZES.len() - 1]) {
        let size = size_for(chunk.len());
        let sql = format!("{select} in ({})", vec!["?"; size].join(", "));
        let statement = sqlx::query(AssertSqlSafe(sql));
        let statement = chunk
            .iter()
            .fold(statement, |statement, key| statement.bind(key.clone()));
        rows.extend(statement.fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}
