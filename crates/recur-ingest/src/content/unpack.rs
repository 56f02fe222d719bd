//! gzip and zstd, known by their first bytes.

use std::fmt;
use std::io::{ErrorKind, Read};

/// The most bytes that are unpacked from one file.
const MOST_BYTES: usize = 4 << 30;

/// Beyond this many bytes, a file that unpacks to more than [`MOST_RATIO`] times its size is refused: no table of texts
/// is so much alike, and a few kilobytes could fill the memory.
const FREE_BYTES: usize = 256 << 20;
const MOST_RATIO: usize = 500;

/// How many bytes are unpacked between two looks at these limits.
const STEP: usize = 1 << 20;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// gzip (RFC 1952), also of several members.
    Gzip,
    /// zstd (RFC 8878), also of several frames.
    Zstd,
}

impl Packing {
    /// As the first bytes say.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0x1f, 0x8b]) {
            return Some(Packing::Gzip);
        }
        let magic = u32::from_le_bytes(*bytes.first_chunk()?);
        // Skippable frames may come before the first frame.
        let is_zstd = magic == 0xfd2f_b528 || (0x184d_2a50..=0x184d_2a5f).contains(&magic);
        is_zstd.then_some(Packing::Zstd)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
        }
    }

    pub(crate) fn unpack(self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let unpacked = match self {
            Packing::Gzip => read(flate2::read::MultiGzDecoder::new(bytes), bytes.len()).map_err(|problem| {
                if has_trailing_bytes(bytes) { "other bytes follow the compressed data".to_owned() } else { problem }
            }),
            Packing::Zstd => match zstd::stream::read::Decoder::with_buffer(bytes) {
                Ok(decoder) => read(decoder, bytes.len()),
                Err(error) => Err(error.to_string()),
            },
        }?;
        match Packing::of(&unpacked) {
            Some(inner) => Err(format!("it is compressed twice, and holds {inner} again: unpack it once")),
            None => Ok(unpacked),
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn read(mut decoder: impl Read, n_packed: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        let n = decoder.by_ref().take(STEP as u64).read_to_end(&mut bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => "the compressed data is cut short".to_owned(),
            _ => error.to_string(),
        })?;
        if n == 0 {
            return Ok(bytes);
        }
        check_size(bytes.len(), n_packed)?;
    }
}

/// Whether what follows a whole gzip member is no other one.
fn has_trailing_bytes(bytes: &[u8]) -> bool {
    let mut first = flate2::bufread::GzDecoder::new(bytes);
    let is_whole = std::io::copy(&mut first.by_ref().take(MOST_BYTES as u64), &mut std::io::sink()).is_ok();
    let rest = first.into_inner();
    is_whole && !rest.is_empty() && !rest.starts_with(&[0x1f, 0x8b])
}

fn check_size(n_bytes: usize, n_packed: usize) -> Result<(), String> {
    if n_bytes > MOST_BYTES {
        return Err(format!("it unpacks to more than {} GiB", MOST_BYTES >> 30));
    }
    if n_bytes > FREE_BYTES && n_bytes / MOST_RATIO > n_packed {
        return Err(format!("its {n_packed} bytes unpack to more than {MOST_RATIO} times as many: unpack it yourself"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 1).unwrap()
    }

    fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
        Packing::of(bytes).expect("compressed").unpack(bytes)
    }

    #[test]
    fn what_was_packed_comes_back_also_in_several_members() {
        for pack in [gzip, zstd] {
            assert_eq!(unpack(&pack(b"")).unwrap(), b"");
            assert_eq!(unpack(&[pack(b"name,"), pack(b"label\n")].concat()).unwrap(), b"name,label\n");
            let long = b"Abe,Japanese\n".repeat(200_000);
            assert_eq!(unpack(&pack(&long)).unwrap(), long);
        }
        assert_eq!(Packing::of(b"name,label\n"), None);
        assert_eq!(Packing::of(b""), None);
    }

    #[test]
    fn cut_and_damaged_files_are_errors() {
        let text: Vec<u8> =
            (0..5000_u32).flat_map(|i| format!("n{},l\n", i.wrapping_mul(0x9e37_79b9)).into_bytes()).collect();
        for pack in [gzip, zstd] {
            let packed = pack(&text);
            assert!(unpack(&packed[..packed.len() - 9]).is_err());
            assert!(unpack(&packed[..packed.len() / 2]).is_err());
        }
        let mut damaged = gzip(&text);
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0xff;
        assert!(unpack(&damaged).is_err());
    }

    #[test]
    fn bytes_behind_a_whole_file_are_not_called_a_cut() {
        let text = b"name,label\n".repeat(1000);
        let error = unpack(&[gzip(&text), b"garbage".to_vec()].concat()).unwrap_err();
        assert_eq!(error, "other bytes follow the compressed data");
        assert_eq!(unpack(&gzip(&text)[..20]).unwrap_err(), "the compressed data is cut short");
    }

    #[test]
    fn what_is_packed_twice_is_refused() {
        let error = unpack(&zstd(&gzip(b"name,label\n"))).unwrap_err();
        assert_eq!(error, "it is compressed twice, and holds gzip again: unpack it once");
    }

    #[test]
    fn a_small_file_that_unpacks_without_end_is_refused_early() {
        let bomb = zstd::encode_all(std::io::repeat(b'x').take(300 << 20), 1).unwrap();
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        assert!(unpack(&bomb).unwrap_err().ends_with("unpack to more than 500 times as many: unpack it yourself"));
        assert!(check_size(MOST_BYTES + 1, MOST_BYTES).is_err());
        assert_eq!(check_size(FREE_BYTES, 1), Ok(()));
        assert_eq!(check_size(MOST_BYTES, MOST_BYTES / 100), Ok(()));
    }
}
