//! The planner against its contract: the decision table, what the incumbents get wrong, and laws.

mod decision_table;
mod field_laws;
mod graph_laws;
mod graphs;
mod histories;
mod stage_laws;
mod table_laws;
mod tables;
mod values;
mod world;
