//! Frozen files: named by their digest, compared when a model is built, and never copied.

#[cfg(unix)]
use crate::odd::{Odd, reported};
#[cfg(unix)]
use recur_core::digest::Digest;
#[cfg(unix)]
use recur_core::tensor::{Tensor, TensorData};

/// Answers `weights` with its frozen file, and takes that back.
#[cfg(unix)]
const SCRIPT: &str = "read -r built; echo '{\"id\":1,\"protocol\":4}'; read -r _; \
                      echo '{\"id\":2,\"tensors\":[{\"name\":\"base\",\"frozen\":true}]}'; read -r given; \
                      echo \"$built $given\" > asked; echo '{\"id\":3}'; cat > /dev/null";

/// A plugin whose manifest names the file `base.bin` by the digest of `named`.
#[cfg(unix)]
fn odd(named: &[u8]) -> Odd {
    let lines = format!("frozen: [{{name: base, file: base.bin, digest: {}}}]\n", Digest::of(named));
    let odd = Odd::with_lines("[/bin/sh, odd.sh]", SCRIPT, &lines);
    std::fs::write(odd.home().join("base.bin"), "a large file").unwrap();
    odd
}

#[cfg(unix)]
#[test]
fn a_frozen_file_is_a_tensor_by_reference() {
    let odd = odd(b"a large file");
    let mut model = odd.build().unwrap();
    let weights = model.weights();
    let [Tensor { name, shape, data: TensorData::U8(digest) }] = &weights[..] else { panic!("{weights:?}") };
    assert_eq!((name.as_str(), &shape[..], digest.len()), ("base", &[32][..], 32));
    model.set_weights(&weights).unwrap();
    let asked = std::fs::read_to_string(odd.home().join("asked")).unwrap();
    assert!(asked.contains("\"frozen\":{\"base\":\"base.bin\"}"), "{asked}");
    assert!(asked.contains("\"bytes\":0") && asked.contains("\"frozen\":true,\"name\":\"base\""), "{asked}");
    let other = [Tensor { data: TensorData::U8(vec![7; 32]), ..weights[0].clone() }];
    let error = model.set_weights(&other).unwrap_err().to_string();
    assert!(error.contains("weight `base`: was made with a frozen file of the digest 0707"), "{error}");
    assert!(error.contains("plugin.yaml names") && error.contains("(base.bin)"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_frozen_file_with_other_content_is_refused_with_both_digests_also_after_an_edit() {
    let error = odd(b"another file").build().map(|_| ()).unwrap_err();
    let digests = [Digest::of(b"a large file"), Digest::of(b"another file")];
    reported(&error, &["its frozen file base.bin: it has the digest", "put the file back, or write its digest there"]);
    reported(&error, &[digests[0].as_str(), digests[1].as_str()]);
    let odd = odd(b"a large file");
    drop(odd.build().unwrap());
    std::fs::write(odd.home().join("base.bin"), "a larger file").unwrap();
    reported(&odd.build().map(|_| ()).unwrap_err(), &["its frozen file base.bin: it has the digest"]);
    std::fs::remove_file(odd.home().join("base.bin")).unwrap();
    reported(&odd.build().map(|_| ()).unwrap_err(), &["its frozen file base.bin: No such file"]);
}
