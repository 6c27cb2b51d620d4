//! What the trait promises, on every kind of state.

/// Runs every check on a state in memory, in a file, and in a throw-away copy.
macro_rules! on_every_kind_of_state {
    ($($check:ident)+) => {
        mod memory {
            $(#[test]
            fn $check() {
                let file = crate::StateFile::in_memory().unwrap();
                super::$check(&file);
            })+
        }

        mod file {
            $(#[test]
            fn $check() {
                let (_folder, path) = crate::tests::sample::temporary();
                let file = crate::StateFile::open(path).unwrap();
                super::$check(&file);
            })+
        }

        mod scratch_copy {
            $(#[test]
            fn $check() {
                let (_folder, path) = crate::tests::sample::temporary();
                let file = crate::StateFile::open(path).unwrap().scratch_copy().unwrap();
                super::$check(&file);
            })+
        }
    };
}

mod forgetting;
mod history;
mod pairs;
mod queue;
mod tombstones;
mod work;
