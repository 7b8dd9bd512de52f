//! What a query asked for, without what it was compared to.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::name::Name;

/// The most terms and groups of a shape that a record keeps.
pub(crate) const TERMS: usize = 64;
/// The deepest nesting that a record keeps.
pub(crate) const DEPTH: usize = 8;

/// The normalised form of a query: field names and operators; it has no place for an operand.
///
/// It prints as `dob>? & (name=? | ward in ?)`. A record keeps the first 64 terms and 8 levels; `…` stands for the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One field is compared with something.
    Term {
        /// The field, perhaps a path.
        field: Name,
        /// How it is compared.
        operator: Operator,
    },
    /// All of these hold.
    All(Vec<Shape>),
    /// One of these holds.
    Any(Vec<Shape>),
    /// None of these holds.
    None(Vec<Shape>),
    /// More was asked than a record keeps.
    More,
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $text:literal,)*) => {
        /// How a field is compared in a [`Shape`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operator { $($(#[$doc])* $variant,)* }

        impl Operator {
            /// Gives the number that stands for the operator in a record.
            pub(crate) fn number(self) -> u8 {
                match self { $(Operator::$variant => $number,)* }
            }

            /// Finds the operator that a number in a record stands for.
            pub(crate) fn numbered(number: u8) -> Option<Self> {
                match number { $($number => Some(Operator::$variant),)* _ => None }
            }

            fn text(self) -> &'static str {
                match self { $(Operator::$variant => $text,)* }
            }
        }
    };
}

operators! {
    /// Equal.
    Equal = 0 "=",
    /// Not equal.
    NotEqual = 1 "!=",
    /// Less.
    Less = 2 "<",
    /// Less or equal.
    LessOrEqual = 3 "<=",
    /// Greater.
    Greater = 4 ">",
    /// Greater or equal.
    GreaterOrEqual = 5 ">=",
    /// One of a list.
    In = 6 " in ",
    /// None of a list.
    NotIn = 7 " not in ",
    /// Present or absent.
    Exists = 8 " exists ",
    /// Holds all of a list.
    Contains = 9 " contains ",
    /// Holds only what is in a list.
    ContainedBy = 10 " contained by ",
    /// Matches a pattern.
    Regex = 11 "~",
    /// Matches words.
    Text = 12 " text ",
    /// Equals a field of another query's result.
    Select = 13 " select ",
    /// Equals no field of another query's result.
    DontSelect = 14 " don't select ",
    /// Points to another query's result.
    InQuery = 15 " in query ",
    /// Points to nothing of another query's result.
    NotInQuery = 16 " not in query ",
    /// Belongs to another object's relation.
    RelatedTo = 17 " related to ",
    /// Is near or within a place.
    Geo = 18 " geo ",
    /// Something else.
    Other = 19 " other ",
}

impl Shape {
    /// Makes the shape of one comparison.
    pub fn term(field: Name, operator: Operator) -> Self {
        Shape::Term { field, operator }
    }

    /// Cuts the shape to what a record keeps.
    pub(crate) fn bounded(self) -> Self {
        let mut left = TERMS;
        self.cut(&mut left, DEPTH)
    }

    fn cut(self, left: &mut usize, depth: usize) -> Self {
        if *left == 0 || depth == 0 {
            return Shape::More;
        }
        *left -= 1;
        let mut inner = |shapes: Vec<Shape>| {
            let mut kept = Vec::new();
            for shape in shapes {
                let shape = shape.cut(left, depth - 1);
                let last = shape == Shape::More;
                kept.push(shape);
                if last {
                    break;
                }
            }
            kept
        };
        match self {
            Shape::All(shapes) => Shape::All(inner(shapes)),
            Shape::Any(shapes) => Shape::Any(inner(shapes)),
            Shape::None(shapes) => Shape::None(inner(shapes)),
            other @ (Shape::Term { .. } | Shape::More) => other,
        }
    }

    fn print(&self, f: &mut fmt::Formatter<'_>, top: bool) -> fmt::Result {
        let (shapes, mark, not) = match self {
            Shape::Term { field, operator } => return write!(f, "{field}{}?", operator.text()),
            Shape::More => return f.write_str("…"),
            Shape::All(shapes) => (shapes, " & ", false),
            Shape::Any(shapes) => (shapes, " | ", false),
            Shape::None(shapes) => (shapes, " | ", true),
        };
        if not {
            f.write_str("!")?;
        }
        if not || !top {
            f.write_str("(")?;
        }
        for (i, shape) in shapes.iter().enumerate() {
            if i > 0 {
                f.write_str(mark)?;
            }
            shape.print(f, false)?;
        }
        if not || !top {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(f, true)
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(field: &str, operator: Operator) -> Shape {
        Shape::term(Name::new(field).unwrap(), operator)
    }

    #[test]
    fn prints_without_operands() {
        let shape = Shape::All(vec![
            term("dob", Operator::Greater),
            Shape::Any(vec![term("name", Operator::Equal), term("ward", Operator::In)]),
            Shape::None(vec![term("ssn", Operator::Exists)]),
        ]);
        assert_eq!(shape.to_string(), "dob>? & (name=? | ward in ?) & !(ssn exists ?)");
    }

    #[test]
    fn is_cut_in_width_and_depth() {
        let wide = Shape::Any((0..1000).map(|_| term("a", Operator::Equal)).collect()).bounded();
        let Shape::Any(terms) = &wide else { panic!("{wide:?}") };
        assert_eq!(terms.len(), TERMS);
        assert_eq!(terms.last(), Some(&Shape::More));
        let deep = (0..100).fold(term("a", Operator::Equal), |inner, _| Shape::All(vec![inner])).bounded();
        assert_eq!(deep.to_string().matches('(').count(), DEPTH - 1);
        for number in 0..=u8::MAX {
            if let Some(operator) = Operator::numbered(number) {
                assert_eq!(operator.number(), number);
            }
        }
    }
}
