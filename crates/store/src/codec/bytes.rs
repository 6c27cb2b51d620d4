//! Numbers, texts and fingerprints as bytes.

use std::collections::HashMap;

use frappe_sync_model::Fingerprint;

use crate::error::Unreadable;

/// Appends to bytes.
#[derive(Debug, Default)]
pub(crate) struct ByteWriter {
    bytes: Vec<u8>,
    places: HashMap<Fingerprint, u64>,
}

impl ByteWriter {
    /// Appends one byte.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Appends a number, seven bits to a byte, the low ones first.
    pub(crate) fn varint(&mut self, mut number: u64) {
        loop {
            let low = number.to_le_bytes()[0] & 0x7f;
            number >>= 7;
            if number == 0 {
                self.bytes.push(low);
                return;
            }
            self.bytes.push(low | 0x80);
        }
    }

    /// Appends a length, as a number.
    pub(crate) fn length(&mut self, length: usize) {
        self.varint(length as u64);
    }

    /// Appends a text after its length.
    pub(crate) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends a fingerprint: 0 and its bits, or, where it was appended before, its place from 1.
    pub(crate) fn fingerprint(&mut self, fingerprint: Fingerprint) {
        if let Some(&place) = self.places.get(&fingerprint) {
            self.varint(place);
            return;
        }
        self.places
            .insert(fingerprint, self.places.len() as u64 + 1);
        self.varint(0);
        self.bytes
            .extend_from_slice(&fingerprint.to_u64().to_le_bytes());
    }

    /// Returns what was appended.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads what a [`ByteWriter`] wrote.
#[derive(Debug)]
pub(crate) struct ByteReader<'b> {
    rest: &'b [u8],
    seen: Vec<Fingerprint>,
}

impl<'b> ByteReader<'b> {
    /// Reads `bytes` from their beginning.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self {
            rest: bytes,
            seen: Vec::new(),
        }
    }

    /// Reads one byte.
    pub(crate) fn byte(&mut self) -> Result<u8, Unreadable> {
        let (&first, rest) = self.rest.split_first().ok_or(Unreadable::CutShort)?;
        self.rest = rest;
        Ok(first)
    }

    /// Reads a number.
    pub(crate) fn varint(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable::Malformed("a number beyond 64 bits"))
    }

    /// Reads a text.
    pub(crate) fn text(&mut self) -> Result<&'b str, Unreadable> {
        let length = usize::try_from(self.varint()?).map_err(|_| Unreadable::CutShort)?;
        let (text, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Unreadable::CutShort)?;
        self.rest = rest;
        str::from_utf8(text).map_err(|_| Unreadable::Malformed("a text that is not UTF-8"))
    }

    /// Reads a fingerprint.
    pub(crate) fn fingerprint(&mut self) -> Result<Fingerprint, Unreadable> {
        let place = self.varint()?;
        if place == 0 {
            let (bits, rest) = self.rest.split_first_chunk().ok_or(Unreadable::CutShort)?;
            self.rest = rest;
            let fingerprint = Fingerprint::from_u64(u64::from_le_bytes(*bits));
            self.seen.push(fingerprint);
            return Ok(fingerprint);
        }
        usize::try_from(place - 1)
            .ok()
            .and_then(|index| self.seen.get(index).copied())
            .ok_or(Unreadable::Malformed("the place of a fingerprint to come"))
    }

    /// Tells that everything was read.
    pub(crate) fn end(&self) -> Result<(), Unreadable> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Unreadable::Malformed("more than its content"))
        }
    }
}
