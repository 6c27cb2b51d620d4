//! Sums of ledgers, exact, and what differs between those of two sites.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use frappe_sync_model::{FieldKind, PerSide, Side, SyncName, canonical};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Digits after the point that count. Frappe stores nine; the last of them are what is left of a division.
const DIGITS: u32 = 6;

/// A part of the books of a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// Debit and credit of each account.
    TrialBalance,
    /// What each party owes or is owed.
    Outstanding,
    /// Quantity and value of each item in each warehouse.
    Stock,
}

impl Part {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::TrialBalance, Self::Outstanding, Self::Stock];

    /// What tells one line from another, as fields of reports.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::TrialBalance => &["account"],
            Self::Outstanding => &["account_type", "party_type", "party"],
            Self::Stock => &["warehouse", "item_code"],
        }
    }

    /// What is added up, as fields of reports.
    pub(crate) fn amounts(self) -> &'static [&'static str] {
        match self {
            Self::TrialBalance => &["debit", "credit"],
            Self::Outstanding => &["amount"],
            Self::Stock => &["quantity", "value"],
        }
    }
}

/// Sums by what tells one line from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums(BTreeMap<Vec<String>, Vec<Decimal>>);

impl Sums {
    /// Adds a row of a list: the texts of these fields are the key, the numbers of those are added up. A field
    /// that is empty counts as an empty text, or as nothing.
    ///
    /// # Errors
    ///
    /// A field that the site does not show, or that holds no number, by its name.
    pub(crate) fn add(
        &mut self,
        row: &Value,
        keys: &[&str],
        amounts: &[&str],
    ) -> Result<(), String> {
        let key = keys
            .iter()
            .map(|field| {
                let text = row
                    .get(field)
                    .map(|value| value.as_str().unwrap_or_default());
                text.map(str::to_owned).ok_or_else(|| (*field).to_owned())
            })
            .collect::<Result<Vec<String>, String>>()?;
        let sums = self
            .0
            .entry(key)
            .or_insert_with(|| vec![Decimal::ZERO; amounts.len()]);
        for (sum, field) in sums.iter_mut().zip(amounts) {
            let amount = row.get(field).and_then(number_of);
            let amount = amount.ok_or_else(|| (*field).to_owned())?;
            *sum = sum.checked_add(amount).ok_or_else(|| (*field).to_owned())?;
        }
        Ok(())
    }
}

fn number_of(value: &Value) -> Option<Decimal> {
    let form = canonical(value, FieldKind::Decimal);
    match form.as_str() {
        "" => Some(Decimal::ZERO),
        text => Decimal::from_str(text).ok(),
    }
}

/// The books of both sites of a sync, `frappe-sync/books@1`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BooksReport {
    /// `frappe-sync/books@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// Both sites have the same companies, and their books are equal.
    pub(crate) equal: bool,
    /// The last day that counts; all of them where there is none.
    pub(crate) date: Option<String>,
    /// Address of each site.
    pub(crate) sites: PerSide<String>,
    /// The companies that both sites have.
    pub(crate) companies: Vec<CompanyBooks>,
    /// Companies that only one site has.
    pub(crate) only: PerSide<Vec<String>>,
}

/// The books of a company.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CompanyBooks {
    /// Its name.
    pub(crate) company: String,
    /// All parts are equal.
    pub(crate) equal: bool,
    /// The parts.
    pub(crate) parts: Vec<PartReport>,
}

impl CompanyBooks {
    /// Puts the parts of a company together.
    pub(crate) fn new(company: String, parts: Vec<PartReport>) -> Self {
        Self {
            company,
            equal: parts.iter().all(|part| part.equal),
            parts,
        }
    }
}

/// A part of the books on both sites.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PartReport {
    /// Which.
    pub(crate) part: Part,
    /// Every line is equal.
    pub(crate) equal: bool,
    /// The lines that are not nothing on both sites, in the order of their keys.
    pub(crate) lines: Vec<Line>,
    /// All lines together.
    pub(crate) total: PerSide<Amounts>,
}

/// One account, party, or item in a warehouse.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    /// What it is of.
    pub(crate) of: Vec<String>,
    /// Both sites say the same.
    pub(crate) equal: bool,
    /// What each site says.
    #[serde(flatten)]
    pub(crate) amounts: PerSide<Amounts>,
}

/// Amounts, each with the name of its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Amounts {
    names: &'static [&'static str],
    values: Vec<Decimal>,
}

impl Amounts {
    /// Returns each as it is shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(ToString::to_string)
    }
}

impl Serialize for Amounts {
    /// As texts: a number of JSON is not exact in most programs.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.shown()))
    }
}

/// Compares the sums of both sites, line by line. A line that one of them lacks is one of nothing.
pub(crate) fn compare(part: Part, sums: &PerSide<Sums>) -> PartReport {
    let keys: BTreeSet<&Vec<String>> = sums.a.0.keys().chain(sums.b.0.keys()).collect();
    let zeros = vec![Decimal::ZERO; part.amounts().len()];
    let amounts_of = |side: Side, key: &Vec<String>| {
        let values = sums[side].0.get(key).unwrap_or(&zeros).iter();
        amounts(part, values.map(|value| rounded(*value)).collect())
    };
    let mut totals = PerSide::from_fn(|_| zeros.clone());
    let mut lines = Vec::new();
    for key in keys {
        let both = PerSide::from_fn(|side| amounts_of(side, key));
        for side in Side::BOTH {
            for (total, value) in totals[side].iter_mut().zip(&both[side].values) {
                *total = total.saturating_add(*value);
            }
        }
        let is_nothing = |amounts: &Amounts| amounts.values.iter().all(Decimal::is_zero);
        if !is_nothing(&both.a) || !is_nothing(&both.b) {
            lines.push(Line {
                of: key.clone(),
                equal: both.a == both.b,
                amounts: both,
            });
        }
    }
    PartReport {
        part,
        equal: lines.iter().all(|line| line.equal),
        lines,
        total: totals.map(|values| amounts(part, values.into_iter().map(rounded).collect())),
    }
}

fn amounts(part: Part, values: Vec<Decimal>) -> Amounts {
    Amounts {
        names: part.amounts(),
        values,
    }
}

/// Rounds, and writes amounts with two digits at least.
fn rounded(value: Decimal) -> Decimal {
    let mut value = value.round_dp(DIGITS).normalize();
    if value.scale() < 2 {
        value.rescale(2);
    }
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sums(rows: &[Value]) -> Sums {
        let mut sums = Sums::default();
        for row in rows {
            sums.add(row, &["account"], &["debit", "credit"]).unwrap();
        }
        sums
    }

    fn row(account: &str, debit: f64, credit: f64) -> Value {
        json!({"account": account, "debit": debit, "credit": credit})
    }

    #[test]
    fn a_tenth_and_two_tenths_are_three_tenths() {
        let a = sums(&[row("Cash", 0.1, 0.0), row("Cash", 0.2, 0.0)]);
        let b = sums(&[row("Cash", 0.3, 0.0)]);
        let part = compare(Part::TrialBalance, &PerSide { a, b });
        assert!(part.equal);
        assert_eq!(
            serde_json::to_value(&part.lines).unwrap(),
            json!([{
                "of": ["Cash"], "equal": true,
                "a": {"debit": "0.30", "credit": "0.00"}, "b": {"debit": "0.30", "credit": "0.00"},
            }])
        );
    }

    #[test]
    fn a_million_cents_are_added_without_a_rest() {
        let rows: Vec<Value> = (0..10_000).map(|_| row("Cash", 0.01, 0.07)).collect();
        let part = compare(
            Part::TrialBalance,
            &PerSide {
                a: sums(&rows),
                b: Sums::default(),
            },
        );
        let shown: Vec<String> = part.total.a.shown().collect();
        assert_eq!(shown, ["100.00", "700.00"]);
    }

    #[test]
    fn what_one_site_lacks_is_nothing_there() {
        let a = sums(&[row("Debtors", 100.0, 100.0), row("Sales", 0.0, 0.0)]);
        let b = sums(&[row("Cash", 5.5, 0.0)]);
        let part = compare(Part::TrialBalance, &PerSide { a, b });
        assert!(!part.equal);
        let of: Vec<&str> = part.lines.iter().map(|line| line.of[0].as_str()).collect();
        assert_eq!(of, ["Cash", "Debtors"]);
        assert_eq!(part.lines[0].amounts.a.values, [Decimal::ZERO; 2]);
    }

    #[test]
    fn the_rest_of_a_division_makes_no_difference_and_a_cent_does() {
        let of = |debit: f64| sums(&[row("Stock", debit, 0.0)]);
        let equal =
            |a: f64, b: f64| compare(Part::TrialBalance, &PerSide { a: of(a), b: of(b) }).equal;
        assert!(equal(33.333_333_333, 33.333_333_334));
        assert!(!equal(33.33, 33.34));
        assert!(equal(1e15, 1e15));
    }

    #[test]
    fn what_is_no_number_or_not_shown_is_told() {
        let mut sums = Sums::default();
        let row = json!({"account": "Cash", "debit": "many", "credit": null});
        let wrong = sums.add(&row, &["account"], &["credit", "debit"]);
        assert_eq!(wrong, Err("debit".to_owned()));
        let wrong = sums.add(&row, &["account"], &["balance"]);
        assert_eq!(wrong, Err("balance".to_owned()));
        let wrong = sums.add(&row, &["cost_center"], &["credit"]);
        assert_eq!(wrong, Err("cost_center".to_owned()));
    }
}
