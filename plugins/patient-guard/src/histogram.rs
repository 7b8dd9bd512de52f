//! Patients counted by age.

use parapet::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// How many bands one may ask for.
const MOST_BANDS: usize = 50;

/// What the client asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The ages at which a new band begins, ascending.
    #[serde(default = "usual_bands")]
    pub(crate) bands: Vec<u32>,
    /// Which patients, in the language of Parse's `where`.
    #[serde(default, rename = "where")]
    pub(crate) conditions: Map<String, Json>,
}

fn usual_bands() -> Vec<u32> {
    vec![18, 40, 65, 80]
}

/// The counts.
#[derive(Serialize)]
pub(crate) struct Histogram {
    bands: Vec<Band>,
    /// Patients without a date of birth that makes sense.
    unknown: Option<u32>,
}

/// The patients of one band.
#[derive(Serialize)]
struct Band {
    /// The youngest age in it.
    from: u32,
    /// The oldest age in it; absent in the last band.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u32>,
    /// How many there are; `None` when they are too few to tell.
    count: Option<u32>,
}

impl Histogram {
    /// Makes empty bands that begin at 0 and at these ages.
    pub(crate) fn new(starts: &[u32]) -> Result<Self, Fault> {
        let ascends = starts.is_sorted_by(|a, b| a < b) && starts.first().is_none_or(|first| *first > 0);
        if !ascends || starts.len() > MOST_BANDS {
            return Err(Fault::invalid(format!("bands are at most {MOST_BANDS} ages above 0, ascending")));
        }
        let ends = starts.iter().map(|start| Some(start - 1)).chain([None]);
        let bands = [0].iter().chain(starts).zip(ends);
        let bands = bands.map(|(from, to)| Band { from: *from, to, count: Some(0) }).collect();
        Ok(Self { bands, unknown: Some(0) })
    }

    /// Counts one patient.
    pub(crate) fn count(&mut self, age: Option<u32>) {
        let cell = match age {
            Some(age) => {
                self.bands.iter_mut().rev().find(|band| band.from <= age).map(|band| &mut band.count)
            }
            None => Some(&mut self.unknown),
        };
        if let Some(Some(count)) = cell {
            *count += 1;
        }
    }

    /// Blanks the counts that are too small to tell, other than 0.
    pub(crate) fn without_cells_below(mut self, smallest: u32) -> Self {
        let cells = self.bands.iter_mut().map(|band| &mut band.count).chain([&mut self.unknown]);
        for cell in cells {
            *cell = cell.filter(|count| *count == 0 || *count >= smallest);
        }
        self
    }
}
