//! Mapping files carried out between two sites whose DocTypes differ.

mod both_ways;
mod given;
mod keys;
mod kinds;
mod rows;
mod scene;
mod schemas;
