//! Names in the order in which they were given, each once.

use serde::Serialize;

/// A list of names as permissions hold it: a client reads back the order that it gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Names(Vec<String>);

impl Names {
    /// Adds a name, unless it is there.
    pub fn insert(&mut self, name: String) {
        if !self.contains(&name) {
            self.0.push(name);
        }
    }

    /// Whether a name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names.
    pub fn iter(&self) -> std::slice::Iter<'_, String> {
        self.0.iter()
    }

    /// The names that others have, too.
    #[must_use]
    pub fn common(&self, others: &Names) -> Names {
        Names(self.iter().filter(|name| others.contains(name)).cloned().collect())
    }
}

impl Extend<String> for Names {
    fn extend<T: IntoIterator<Item = String>>(&mut self, names: T) {
        names.into_iter().for_each(|name| self.insert(name));
    }
}

impl FromIterator<String> for Names {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Names {
        let mut all = Names::default();
        all.extend(names);
        all
    }
}

impl<const N: usize> From<[String; N]> for Names {
    fn from(names: [String; N]) -> Names {
        names.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Names {
    type Item = &'a String;
    type IntoIter = std::slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_order_and_stand_once() {
        let mut names: Names = ["b", "a", "b"].map(str::to_owned).into();
        names.insert("c".to_owned());
        assert_eq!(names.iter().collect::<Vec<_>>(), ["b", "a", "c"]);
        assert!(names.contains("c") && !names.contains("d") && Names::default().is_empty());
        let common = names.common(&["c", "b"].map(str::to_owned).into());
        assert_eq!(common.iter().collect::<Vec<_>>(), ["b", "c"]);
    }
}
