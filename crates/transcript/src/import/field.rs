//! A value of the file, with its path for error messages.

use super::{error::ImportError, value::JsonValue};
use crate::json_format::Named;

/// A value and where it is.
pub(super) struct Field<'a, V> {
    value: V,
    parent: Option<&'a Field<'a, V>>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

impl<V: JsonValue> Field<'_, V> {
    pub(super) fn root(value: V) -> Self {
        Self {
            value,
            parent: None,
            step: Step::Root,
        }
    }

    /// Returns a field of this object.
    pub(super) fn field<'b>(&'b self, name: &'b str) -> Result<Field<'b, V>, ImportError> {
        if !self.value.is_object() {
            return Err(self.error("an object"));
        }
        match self.value.get(name) {
            Some(value) => Ok(self.child(value, Step::Name(name))),
            None => {
                let missing = self.child(self.value.clone(), Step::Name(name));
                Err(ImportError::Missing {
                    path: missing.path(),
                })
            }
        }
    }

    /// Returns a field of this object. A missing one is the same as `null`.
    pub(super) fn optional<'b>(&'b self, name: &'b str) -> Option<Field<'b, V>> {
        let value = self.value.get(name).filter(|it| !it.is_null())?;
        Some(self.child(value, Step::Name(name)))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, ImportError> {
        self.optional(name).map(|it| it.text()).transpose()
    }

    /// Reads each item of this list.
    pub(super) fn items<T>(
        &self,
        mut read: impl FnMut(&Field<'_, V>) -> Result<T, ImportError>,
    ) -> Result<Vec<T>, ImportError> {
        let items = self.value.items().ok_or_else(|| self.error("a list"))?;
        let items = items.into_iter().enumerate();
        items
            .map(|(at, value)| read(&self.child(value, Step::Index(at))))
            .collect()
    }

    /// Returns the item at `index` of this list, for the path of an error.
    pub(super) fn item(&self, index: usize) -> Field<'_, V> {
        self.child(self.value.clone(), Step::Index(index))
    }

    pub(super) fn text(&self) -> Result<String, ImportError> {
        self.value.text().ok_or_else(|| self.error("a text"))
    }

    pub(super) fn bool(&self) -> Result<bool, ImportError> {
        self.value.bool().ok_or_else(|| self.error("true or false"))
    }

    pub(super) fn u32(&self) -> Result<u32, ImportError> {
        self.number()
    }

    /// Reads a whole number of at most 2^53, above which JSON's numbers are not exact.
    pub(super) fn number<T: TryFrom<i64>>(&self) -> Result<T, ImportError> {
        let number = self.value.number().filter(|it| is_exact(*it));
        let number = number.and_then(|it| T::try_from(it as i64).ok());
        number.ok_or_else(|| self.error("a whole number in the valid range"))
    }

    pub(super) fn f32(&self) -> Result<f32, ImportError> {
        let number = self.value.number().ok_or_else(|| self.error("a number"))?;
        Ok(number as f32)
    }

    /// Reads the name of a value.
    pub(super) fn one_of<T: Named>(&self) -> Result<T, ImportError> {
        T::named(&self.text()?).ok_or_else(|| self.error("one of the known values"))
    }

    pub(super) fn error(&self, expected: &'static str) -> ImportError {
        ImportError::Wrong {
            path: self.path(),
            expected,
        }
    }

    pub(super) fn error_at(&self, name: &str, expected: &'static str) -> ImportError {
        self.child(self.value.clone(), Step::Name(name))
            .error(expected)
    }

    fn child<'b>(&'b self, value: V, step: Step<'b>) -> Field<'b, V> {
        Field {
            value,
            parent: Some(self),
            step,
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
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
        path
    }
}

/// Whether this is a whole number that an `f64` represents exactly.
fn is_exact(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0
}
