//! A value of the file, with its path for error messages.

use serde_json::Value;

use super::error::ImportError;
use crate::json_format::Named;

/// A value and where it is.
pub(super) struct Field<'a> {
    value: &'a Value,
    parent: Option<&'a Field<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

impl<'a> Field<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            value,
            parent: None,
            step: Step::Root,
        }
    }

    /// Returns a field of this object.
    pub(super) fn field<'b>(&'b self, name: &'b str) -> Result<Field<'b>, ImportError> {
        let Value::Object(fields) = self.value else {
            return Err(self.error("an object"));
        };
        match fields.get(name) {
            Some(value) => Ok(self.child(value, Step::Name(name))),
            None => {
                let missing = self.child(self.value, Step::Name(name));
                Err(ImportError::Missing {
                    path: missing.path(),
                })
            }
        }
    }

    /// Returns a field of this object. A missing one is the same as `null`.
    pub(super) fn optional<'b>(&'b self, name: &'b str) -> Option<Field<'b>> {
        let value = self.value.get(name).filter(|it| !it.is_null())?;
        Some(self.child(value, Step::Name(name)))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, ImportError> {
        let text = self.optional(name).map(|it| it.text().map(str::to_owned));
        text.transpose()
    }

    /// Reads each item of this list.
    pub(super) fn items<T>(
        &self,
        mut read: impl FnMut(&Field<'_>) -> Result<T, ImportError>,
    ) -> Result<Vec<T>, ImportError> {
        let Value::Array(items) = self.value else {
            return Err(self.error("a list"));
        };
        let items = items.iter().enumerate();
        items
            .map(|(at, value)| read(&self.child(value, Step::Index(at))))
            .collect()
    }

    /// Returns the item at `index` of this list, for the path of an error.
    pub(super) fn item(&self, index: usize) -> Field<'_> {
        let value = self.value.get(index).unwrap_or(self.value);
        self.child(value, Step::Index(index))
    }

    pub(super) fn text(&self) -> Result<&'a str, ImportError> {
        self.value.as_str().ok_or_else(|| self.error("a text"))
    }

    pub(super) fn bool(&self) -> Result<bool, ImportError> {
        self.value
            .as_bool()
            .ok_or_else(|| self.error("true or false"))
    }

    pub(super) fn u32(&self) -> Result<u32, ImportError> {
        self.number()
    }

    /// Reads a whole number.
    pub(super) fn number<T: TryFrom<i128>>(&self) -> Result<T, ImportError> {
        let signed = self.value.as_i64().map(i128::from);
        let number = signed.or_else(|| self.value.as_u64().map(i128::from));
        let number = number.and_then(|it| T::try_from(it).ok());
        number.ok_or_else(|| self.error("a whole number in the valid range"))
    }

    pub(super) fn f32(&self) -> Result<f32, ImportError> {
        let number = self.value.as_f64().ok_or_else(|| self.error("a number"))?;
        Ok(number as f32)
    }

    /// Reads the name of a value.
    pub(super) fn one_of<T: Named>(&self) -> Result<T, ImportError> {
        T::named(self.text()?).ok_or_else(|| self.error("one of the known values"))
    }

    pub(super) fn error(&self, expected: &'static str) -> ImportError {
        ImportError::Wrong {
            path: self.path(),
            expected,
        }
    }

    pub(super) fn error_at(&self, name: &str, expected: &'static str) -> ImportError {
        self.child(self.value, Step::Name(name)).error(expected)
    }

    fn child<'b>(&'b self, value: &'b Value, step: Step<'b>) -> Field<'b> {
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
