//! What can happen to a request on its way.

use std::fmt;

/// What happens to a request that is not simply passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The connection is reset before the request is passed on.
    LoseRequest,
    /// It is passed on, and the connection is reset before the answer.
    LoseAnswer,
    /// 502 in HTML, and it was not passed on.
    BadGatewayBefore,
    /// 502 in HTML, although it was carried out.
    BadGatewayAfter,
    /// 429 with a `Retry-After` of 0 or 1 s, and it was not passed on (protocol 10.1).
    TooManyRequests,
    /// 500 `QueryDeadlockError`, and it was not passed on (protocol 6.4).
    Deadlock,
    /// It is passed on, and half of the answer's body arrives.
    CutBody,
    /// It is passed on, and the answer comes late.
    DelayAnswer,
    /// A write that takes longer than the client has patience: the connection is reset, and the site gets it
    /// later (protocol 12.1). A read is passed on.
    HoldWrite,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::LoseRequest,
        Self::LoseAnswer,
        Self::BadGatewayBefore,
        Self::BadGatewayAfter,
        Self::TooManyRequests,
        Self::Deadlock,
        Self::CutBody,
        Self::DelayAnswer,
        Self::HoldWrite,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoseRequest => "request lost",
            Self::LoseAnswer => "answer lost",
            Self::BadGatewayBefore => "502 before",
            Self::BadGatewayAfter => "502 after",
            Self::TooManyRequests => "429",
            Self::Deadlock => "deadlock",
            Self::CutBody => "body cut",
            Self::DelayAnswer => "answer late",
            Self::HoldWrite => "write held",
        })
    }
}
