//! A value of the file, with its path for error messages.

use std::cell::RefCell;

use super::{error::ImportError, value::JsonValue};
use crate::json_format::Named;

/// A value and where it is. What is missing or wrong is read as an empty value; the first such
/// error is kept, see [`check`]. So readers need no branch after each value, which keeps the
/// code of the page small.
pub(super) struct Field<'a, V> {
    /// `None` if it is missing.
    value: Option<V>,
    parent: Option<&'a Field<'a, V>>,
    step: Step<'a>,
    error: &'a RefCell<Option<ImportError>>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

/// Reads a value with all that is in it.
///
/// # Errors
///
/// Returns the first error in it.
pub(super) fn check<V: JsonValue, T>(
    value: V,
    read: impl FnOnce(&Field<'_, V>) -> T,
) -> Result<T, ImportError> {
    let error = RefCell::new(None);
    let read = read(&Field {
        value: Some(value),
        parent: None,
        step: Step::Root,
        error: &error,
    });
    error.into_inner().map_or(Ok(read), Err)
}

impl<'a, V: JsonValue> Field<'a, V> {
    /// Returns a field of this object.
    pub(super) fn field<'b>(&'b self, name: &'b str) -> Field<'b, V> {
        let value = self.value.as_ref();
        if !value.is_some_and(|it| it.is_object()) {
            self.report("an object");
        }
        let field = self.child(value.and_then(|it| it.get(name)), Step::Name(name));
        if field.value.is_none() {
            self.keep(|| ImportError::Missing { path: field.path() });
        }
        field
    }

    /// Returns a field of this object. A missing one is the same as `null`.
    pub(super) fn optional<'b>(&'b self, name: &'b str) -> Option<Field<'b, V>> {
        let value = self.value.as_ref()?.get(name).filter(|it| !it.is_null())?;
        Some(self.child(Some(value), Step::Name(name)))
    }

    pub(super) fn optional_text(&self, name: &str) -> Option<String> {
        self.optional(name).map(|it| it.text())
    }

    pub(super) fn optional_u32(&self, name: &str) -> Option<u32> {
        self.optional(name).map(|it| it.u32())
    }

    /// Returns the items of this list.
    pub(super) fn items(&self) -> impl Iterator<Item = Field<'_, V>> {
        let items = self.expect("a list", |it| it.items()).unwrap_or_default();
        let items = items.into_iter().enumerate();
        items.map(|(at, value)| self.child(Some(value), Step::Index(at)))
    }

    pub(super) fn text(&self) -> String {
        self.expect("a text", |it| it.text()).unwrap_or_default()
    }

    pub(super) fn bool(&self) -> bool {
        self.expect("true or false", |it| it.bool())
            .unwrap_or_default()
    }

    pub(super) fn u32(&self) -> u32 {
        self.number()
    }

    /// Reads a whole number of at most 2^53, above which JSON's numbers are not exact.
    pub(super) fn number<T: TryFrom<i64> + Default>(&self) -> T {
        let whole = |value: &V| {
            let number = value.number().filter(|it| is_exact(*it))?;
            T::try_from(number as i64).ok()
        };
        self.expect("a whole number in the valid range", whole)
            .unwrap_or_default()
    }

    pub(super) fn f32(&self) -> f32 {
        self.expect("a number", |it| it.number())
            .unwrap_or_default() as f32
    }

    /// Reads the name of a value.
    pub(super) fn one_of<T: Named>(&self) -> Option<T> {
        self.expect("one of the known values", |it| {
            it.text().and_then(|it| T::named(&it))
        })
    }

    /// Keeps an error at this value.
    pub(super) fn report(&self, expected: &'static str) {
        self.keep(|| ImportError::Wrong {
            path: self.path(),
            expected,
        });
    }

    /// Keeps an error at a field of this object.
    pub(super) fn report_at(&self, name: &str, expected: &'static str) {
        self.child(None, Step::Name(name)).report(expected);
    }

    fn expect<T>(&self, expected: &'static str, read: impl FnOnce(&V) -> Option<T>) -> Option<T> {
        let found = self.value.as_ref().and_then(read);
        if found.is_none() {
            self.report(expected);
        }
        found
    }

    fn keep(&self, error: impl FnOnce() -> ImportError) {
        self.error.borrow_mut().get_or_insert_with(error);
    }

    fn child<'b>(&'b self, value: Option<V>, step: Step<'b>) -> Field<'b, V>
    where
        'a: 'b,
    {
        Field {
            value,
            parent: Some(self),
            step,
            error: self.error,
        }
    }

    fn path(&self) -> String {
        let mut path = self.parent.map_or_else(String::new, Field::path);
        match self.step {
            Step::Root => {}
            Step::Name(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Step::Index(index) => path.push_str(&["[", &index.to_string(), "]"].concat()),
        }
        path
    }
}

/// Whether this is a whole number that an `f64` represents exactly.
fn is_exact(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0
}
