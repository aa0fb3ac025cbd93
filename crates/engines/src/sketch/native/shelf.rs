//! The fields that a script holds.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rquickjs::{Ctx, Function, Result, Value};

use super::arguments::describe;
use super::field::{Field, NODES_MAX};
use super::work::Trouble;

/// Most nodes of all living fields together.
const LIVING_MAX: usize = 3 * NODES_MAX;

/// Name of the property that holds a field's handle.
const HANDLE: &str = "_handle";

/// Lends fields to a script.
///
/// A handle is a function that owns its field: when a helper calls it, it lays the field on the
/// shelf, from where the helper takes it. So a field lives as long as JavaScript holds its handle,
/// and nothing unsafe is needed to find it again.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    laid: Rc<RefCell<Option<Rc<Field>>>>,
    living: Rc<Cell<usize>>,
}

/// A field that is counted while it lives.
struct Counted {
    field: Rc<Field>,
    living: Rc<Cell<usize>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.living.set(self.living.get() - self.field.values.len());
    }
}

impl Shelf {
    /// The handle of a new field.
    pub(super) fn lend<'js>(&self, ctx: &Ctx<'js>, field: Field) -> Result<Function<'js>> {
        let living = self.living.get() + field.values.len();
        if living > LIVING_MAX {
            let message = format!(
                "fields: {living} nodes in all living fields, at most {LIVING_MAX}; let go of fields \
                 that are done with, or use larger cells"
            );
            return Err(Trouble::Range(message).throw(ctx));
        }
        self.living.set(living);
        let counted = Counted {
            field: Rc::new(field),
            living: Rc::clone(&self.living),
        };
        let laid = Rc::clone(&self.laid);
        Function::new(ctx.clone(), move || {
            *laid.borrow_mut() = Some(Rc::clone(&counted.field));
        })
    }

    /// The field that a script means: a `Field`, or its handle.
    pub(super) fn find(&self, value: &Value<'_>) -> Result<Option<Rc<Field>>> {
        let handle = match (value.as_function(), value.as_object()) {
            (Some(handle), _) => Some(handle.clone()),
            (None, Some(object)) => object.get::<_, Value>(HANDLE)?.into_function(),
            _ => None,
        };
        self.laid.borrow_mut().take();
        if let Some(handle) = handle {
            handle.call::<_, ()>(())?;
        }
        Ok(self.laid.borrow_mut().take())
    }

    /// The field of a handle that the prelude passes.
    pub(super) fn expect_handle(&self, ctx: &Ctx<'_>, handle: &Value<'_>) -> Result<Rc<Field>> {
        let found = self.find(handle)?;
        found.ok_or_else(|| Trouble::Type("field: its handle is gone".to_owned()).throw(ctx))
    }

    /// The field that a script has to give.
    pub(super) fn expect(&self, ctx: &Ctx<'_>, who: &str, value: &Value<'_>) -> Result<Rc<Field>> {
        // A function of the script is not called: only our own handles lay a field.
        let found = if value.is_function() {
            None
        } else {
            self.find(value)?
        };
        found.ok_or_else(|| {
            Trouble::Type(format!("{who}: expected a field, got {}", describe(value))).throw(ctx)
        })
    }
}
