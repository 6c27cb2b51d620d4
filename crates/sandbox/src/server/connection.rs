//! Connections that break: at once, or somewhere in the body of an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// What ends the head of an answer.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// How much may still be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Limit {
    /// Everything.
    #[default]
    None,
    /// The head of the next answer, and so many bytes of its body.
    HeadAnd(usize),
    /// So many bytes.
    Bytes(usize),
}

/// The switch that breaks one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Switch(Arc<Mutex<Limit>>);

impl Switch {
    /// Lets nothing more through.
    pub(super) fn cut(&self) {
        self.set(Limit::Bytes(0));
    }

    /// Lets the head of the next answer through, and so many bytes of its body.
    pub(super) fn cut_body_after(&self, bytes: usize) {
        self.set(Limit::HeadAnd(bytes));
    }

    fn get(&self) -> Limit {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, limit: Limit) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }
}

impl Connected<IncomingStream<'_, BreakableListener>> for Switch {
    fn connect_info(stream: IncomingStream<'_, BreakableListener>) -> Self {
        stream.io().switch.clone()
    }
}

/// A listener whose connections can be broken.
#[derive(Debug)]
pub(super) struct BreakableListener(pub(super) TcpListener);

impl Listener for BreakableListener {
    type Io = Breakable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (
            Breakable {
                stream,
                switch: Switch::default(),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A connection with its switch.
#[derive(Debug)]
pub(super) struct Breakable {
    stream: TcpStream,
    switch: Switch,
}

impl Breakable {
    /// How much of these bytes may be written now.
    fn allowance(&self, bytes: &[u8]) -> usize {
        match self.switch.get() {
            Limit::None => bytes.len(),
            Limit::Bytes(left) => left.min(bytes.len()),
            Limit::HeadAnd(left) => {
                let end = bytes
                    .windows(END_OF_HEAD.len())
                    .position(|window| window == END_OF_HEAD);
                end.map_or(bytes.len(), |end| {
                    bytes.len().min(end + END_OF_HEAD.len() + left)
                })
            }
        }
    }

    fn note_written(&self, written: &[u8]) {
        match self.switch.get() {
            Limit::None => {}
            Limit::Bytes(left) => self.switch.set(Limit::Bytes(left - written.len())),
            Limit::HeadAnd(left) => {
                let end = written
                    .windows(END_OF_HEAD.len())
                    .position(|window| window == END_OF_HEAD);
                if let Some(end) = end {
                    let of_body = written.len() - end - END_OF_HEAD.len();
                    self.switch.set(Limit::Bytes(left - of_body));
                }
            }
        }
    }
}

impl AsyncRead for Breakable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Breakable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = self.allowance(bytes);
        if allowed == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, &bytes[..allowed]))?;
        self.note_written(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
