use super::raw::RawProfile;
use super::*;

#[test]
fn every_file_of_the_folder_is_built_in_and_parses() {
    let mut files: Vec<String> =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
    files.sort();
    let mut built_in: Vec<&str> = builtin::TEXTS.iter().map(|(name, _)| *name).collect();
    built_in.sort();
    assert_eq!(files, built_in);
    for (name, text) in builtin::TEXTS {
        toml::from_str::<RawProfile>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert_eq!(Profiles::builtin().iter().count(), files.len());
}

#[test]
fn a_file_merges_into_the_profile_that_it_extends() {
    let base =
        "about = 'a'\n[keep.x]\nwhy = 'w'\npaths = ['/x']\n[keep.y]\nwhy = 'w'\npaths = ['/y']\n";
    let user =
        "extends = 'p'\n[keep.x]\noff = true\n[drop.z]\nkind = 'docs'\nwhy = 'w'\npaths = ['/z']\n";
    let profiles =
        Profiles::default().with_file("p", base).unwrap().with_file("mine", user).unwrap();
    let profile = profiles.get("p").unwrap();
    assert_eq!(profile.keep.keys().collect::<Vec<_>>(), ["y"]);
    assert_eq!(profile.drop.keys().collect::<Vec<_>>(), ["z"]);
}

#[test]
fn what_a_program_runs_is_known_by_its_names() {
    let base = "about = 'a'\n[runs.x]\nwhy = 'w'\nnames = ['one', 'two']\n[runs.y]\nwhy = 'w'\n";
    let user = "extends = 'p'\n[runs.y]\noff = true\n[runs.z]\nwhy = 'w'\nnames = ['one']\nrest = 'nothing'\n";
    let profiles = Profiles::default().with_file("p", base).unwrap();
    assert_eq!((profiles.runs(b"one").len(), profiles.runs(b"y").len()), (1, 1));
    let profiles = profiles.with_file("mine", user).unwrap();
    let known = [&b"one"[..], b"two", b"x", b"y"].map(|name| profiles.runs(name).len());
    assert_eq!(known, [2, 1, 0, 0]);
}

#[test]
fn says_what_is_wrong() {
    let table = [
        ("x = 1", "cannot parse the profile `p`"),
        ("", "cannot use `about` of the profile `p`: it needs one line for people"),
        ("about='a'\n[keep.x]\npaths=[]", "cannot use `keep.x` of the profile `p`: it needs `why`"),
        (
            "about='a'\n[drop.x]\nwhy='w'\npaths=[]",
            "cannot use `drop.x` of the profile `p`: it needs `kind`",
        ),
        ("about='a'\n[keep.x]\nwhy='w'\npaths=['x']", "cannot use `keep.x` of the profile `p`"),
        (
            "about='a'\n[needs]\nq='w'",
            "the profile `p` names the profile `q`, which does not exist",
        ),
        (
            "about='a'\n[runs.x]\noperands=1",
            "cannot use `runs.x` of the profile `p`: it needs `why`",
        ),
        (
            "about='a'\n[runs.x]\nwhy='w'\nnames=['/x']",
            "cannot use `runs.x` of the profile `p`: `names` are file names, not paths",
        ),
        ("about='a'\n[runs.x]\nwhy='w'\noperand=1", "cannot parse the profile `p`"),
        (
            "about='a'\n[places.x]\nwhy='w'\npaths=['/x']\nkind='docs'",
            "cannot use `places.x` of the profile `p`: only a drop rule has `kind`, `of`, `unreached`, `opened`, \
             `opened_by`, `tight` and `listed`",
        ),
        (
            "about='a'\n[folders.x]\nwhy='w'\nrole='shared'\npaths=['x']",
            "cannot use `folders.x` of the profile `p`: its `paths` are absolute, without patterns",
        ),
        (
            "about='a'\n[drop.x]\nwhy='w'\nkind='docs'\nof=['places.y']",
            "cannot use `drop.x` of the profile `p`: `of` names tables such as `places.x` or `tools.x` of the same \
             profile",
        ),
        ("extends='q'", "the profile `p` names the profile `q`, which does not exist"),
    ];
    for (text, expected) in table {
        let error = Profiles::default().with_file("p", text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let sample = "about='a'\ntracers=['t']\nshared=['/a/{b,c}']\n[when]\nreached=['$prefix/bin/p*']\nimports=['s']\n\
                  [keep.x]\nwhy='w'\npaths=['/a/[a-z]/**','**/b']\n[drop.y]\nkind='docs'\nwhy='w'\nof=['places.z']\npaths=['/c?/']\n\
                  [places.z]\nwhy='w'\npaths=['/z/**']\n[runs.r]\nwhy='w'\nvalued=['-u']\noperands=1\nrest='text'\n";
    let mut parsed = 0;
    for bytes in crate::kit::mutations(sample.as_bytes(), 5_000) {
        let text = String::from_utf8_lossy(&bytes);
        parsed += usize::from(Profiles::default().with_file("p", &text).is_ok());
    }
    assert!(
        parsed > 100,
        "only {parsed} of the texts are profiles: the mutations are too coarse to tell much"
    );
}
