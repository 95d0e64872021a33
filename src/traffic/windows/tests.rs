use super::*;
use crate::units::Span;

const WIDTH: Span = Span::from_s(600);

fn client(rows: &str) -> Result<ClientWindows, ClientError> {
    parse(format!("t_s,rate_rps,iat_cv,pattern\n{rows}").as_bytes()).unwrap().of(None, WIDTH)
}

#[test]
fn columns_go_by_their_names_in_any_order() {
    let text = "Pattern,iat_cv, RATE_RPS ,shape,t_s,client\nGamma,1.5,2.5,0.4,1200,7\n,0,0,0,1800,7\nWEIBULL,149,3,1,1200,8\n";
    let found = parse(text.as_bytes()).unwrap();
    assert_eq!(found.clients.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["7", "8"]);
    let mine = found.of(Some("7"), WIDTH).unwrap();
    assert_eq!(
        (mine.windows[0].rate_per_s, mine.windows[0].cv, mine.windows[0].law),
        (2.5, 1.5, GapLaw::Gamma)
    );
    assert_eq!((mine.windows[1].rate_per_s, mine.windows[1].start_ns), (0.0, 600_000_000_000));
    assert_eq!(found.of(Some("8"), WIDTH).unwrap().windows[0].cv, 149.0);
}

#[test]
fn a_bad_row_is_silent_counted_and_named() {
    let mut text = "client,t_s,rate_rps,iat_cv,pattern\n".to_owned();
    (0..200).for_each(|i| text.push_str(&format!("a,{},1,1,Gamma\n", 600 * i)));
    let bad = text.replace("a,6000,1,1,Gamma", "a,6000,many,1,Gamma");
    let found = parse(bad.as_bytes()).unwrap();
    assert_eq!(found.dropped, 1);
    assert_eq!(found.dropped_first[0].to_string(), "line 12: rate_rps is not a number: its window is silent");
    let windows = found.of(None, WIDTH).unwrap().windows;
    assert_eq!((windows.len(), windows[10].rate_per_s), (200, 0.0));
    // Three of 200 are more than 1 %.
    let worse = bad.replace("a,600,1", "a,600,-1").replace("a,1200,1", "a,1200,nan");
    let error = parse(worse.as_bytes()).unwrap_err().to_string();
    assert!(
        error.starts_with("3 of 200 rows cannot be used, more than 1 %; line 3: rate_rps is out of"),
        "{error}"
    );
}

#[test]
fn each_reason_for_a_bad_row_is_told() {
    for (row, reason) in [
        ("a,x,1,1,Gamma", "t_s is not a number"),
        ("a,-5,1,1,Gamma", "t_s is out of range"),
        ("a,1e12,1,1,Gamma", "t_s is out of range"),
        ("a,0,1e7,1,Gamma", "rate_rps is out of range"),
        ("a,0,inf,1,Gamma", "rate_rps is out of range"),
        ("a,0,1,0,Gamma", "iat_cv is out of range"),
        ("a,0,1,101,Gamma", "iat_cv is out of range"),
        ("a,0,1,1001,Weibull", "iat_cv is out of range"),
        ("a,0,1,1,Pareto", "pattern is none of"),
        ("a,0,1,1,", "no pattern"),
        ("a,0,1", "it has no iat_cv"),
        ("a", "it has no t_s"),
    ] {
        let text = format!("client,t_s,rate_rps,iat_cv,pattern\n{row}\n");
        let error = parse(text.as_bytes()).unwrap_err().to_string();
        // A row that ends early lacks its last cells, whichever is asked for first.
        let reason = if row == "a,0,1" { "it has no" } else { reason };
        assert!(error.contains("no usable row") && error.contains(reason), "{row}: {error}");
    }
}

#[test]
fn what_is_no_such_file_is_refused() {
    for (text, part) in [
        ("", "the file is empty"),
        ("t_s,rate_rps\n0,1\n", "no column iat_cv, pattern"),
        ("t_s,rate_rps,iat_cv,pattern\n", "no usable row (0 were dropped)"),
    ] {
        let error = parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(parse(b"\xff\xfe\x00garbage").is_err());
}

#[test]
fn windows_must_follow_one_another() {
    for (rows, message, help) in [
        ("0,1,1,Gamma\n1200,1,1,Gamma", "line 3: the window at 20 min leaves a gap of 10 min", "rate 0"),
        ("0,1,1,Gamma\n300,1,1,Gamma", "line 3: the window at 5 min overlaps the one at 0 s", "width"),
        ("600,1,1,Gamma\n0,1,1,Gamma", "line 3: the window at 0 s comes after the one at 10 min", "sort"),
        ("0,1,1,Gamma\n0,1,1,Gamma", "line 3: the window at 0 s comes after the one at 0 s", "one row"),
    ] {
        let error = client(rows).unwrap_err();
        assert!(
            error.message.starts_with(message) && error.help.contains(help) && !error.is_choice,
            "{error:?}"
        );
    }
}

#[test]
fn the_client_must_be_one_of_the_file() {
    let found = parse(b"client,t_s,rate_rps,iat_cv,pattern\nalpha,0,1,1,Gamma\nbeta,0,1,1,Gamma\n").unwrap();
    let error = found.of(None, WIDTH).unwrap_err();
    assert!(error.is_choice && error.help == "`client` chooses one of alpha, beta", "{error:?}");
    let error = found.of(Some("alpa"), WIDTH).unwrap_err();
    assert_eq!(error.help, "did you mean `alpha`?");
}
