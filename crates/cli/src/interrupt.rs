//! Ctrl-C: the first asks to finish what is under way, the second ends at once.

use std::io;
use std::pin::pin;

use frappe_sync_engine::Cancel;

use crate::error::{CliError, ErrorKind};
use crate::ui::Ui;

/// Runs `work`. The first signal cancels it, so that it ends soon and cleanly; a second one drops it where it
/// stands, which the next run finds and resolves like any other crash.
///
/// # Errors
///
/// What `work` fails with, or that it was dropped.
pub(crate) async fn listen<T>(
    ui: &Ui,
    cancel: &Cancel,
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    let mut work = pin!(work);
    tokio::select! {
        ended = &mut work => return ended,
        signal = signal() => signal.map_err(no_signals)?,
    }
    cancel.cancel();
    ui.warn("stopping once what is under way is finished; again to stop at once");
    tokio::select! {
        ended = &mut work => ended.map_err(interrupted_by),
        signal = signal() => {
            signal.map_err(no_signals)?;
            Err(CliError::new(ErrorKind::Interrupted, "stopped at once")
                .remedy("run again: what was under way is looked up first"))
        }
    }
}

/// Tells first of a failure that came after the signal that it was asked to stop.
fn interrupted_by(error: CliError) -> CliError {
    if error.kind() == ErrorKind::Interrupted {
        return error;
    }
    CliError::new(ErrorKind::Interrupted, "interrupted")
        .because(error)
        .remedy("run again: it goes on where it stopped")
}

/// Waits until this process is asked to end.
#[cfg(unix)]
pub(crate) async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    }
}

/// Waits until this process is asked to end.
#[cfg(not(unix))]
pub(crate) async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn no_signals(error: io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, "signals cannot be listened to").because(error)
}
