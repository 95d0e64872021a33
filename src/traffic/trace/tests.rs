//! What `parse` makes of each dialect and of damage.

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

fn offsets(trace: &Trace) -> Vec<(u64, u32, u32)> {
    trace.rows.iter().map(|r| (r.offset_ns / 1_000_000, r.prompt, r.output)).collect()
}

#[test]
fn a_row_takes_sixteen_bytes() {
    assert_eq!(size_of::<Row>(), 16);
}

#[test]
fn azure_with_bom_carriage_returns_and_extra_columns() {
    let text = "\u{feff}TIMESTAMP, ContextTokens ,note,GeneratedTokens\r\n\
        2023-11-16 18:15:46.6805900,374,x,44\r\n2023-11-16 18:15:47.6805900,396,\"a, b\",109\r\n";
    let trace = parse(text.as_bytes()).unwrap();
    assert_eq!(trace.dialect.name, "azure");
    assert_eq!(offsets(&trace), [(0, 374, 44), (1000, 396, 109)]);
    assert_eq!((trace.mean_prompt, trace.mean_output), (385.0, 76.5));
    assert_eq!((trace.dropped, trace.out_of_order, trace.raised), (0, 0, 0));
    assert_eq!(trace.mean_rate(), 1.0);
}

#[test]
fn mooncake_as_json_lines_and_as_csv() {
    let lines = "{\"timestamp\": 100, \"input_length\": 40160, \"output_length\": 6, \"hash_ids\": [0, [1], {}]}\n\n\
        {\"output_length\": 4, \"timestamp\": 140, \"input_length\": 36640, \"hash_ids\": []}";
    let table = "timestamp,input_length,output_length\n100,40160,6\n140,36640,4\n";
    for text in [lines, table] {
        let trace = parse(text.as_bytes()).unwrap();
        assert_eq!(trace.dialect.name, "mooncake");
        assert_eq!(offsets(&trace), [(0, 40160, 6), (40, 36640, 4)]);
    }
}

#[test]
fn burstgpt_in_seconds() {
    let text = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n\
        5,ChatGPT,472,18,490,Conversation log\n45.5,ChatGPT,1087,0,1087,Conversation log\n";
    let trace = parse(text.as_bytes()).unwrap();
    assert_eq!(trace.dialect.name, "burstgpt");
    assert_eq!(offsets(&trace), [(0, 472, 18), (40_500, 1087, 1)]);
    assert_eq!(trace.raised, 1);
}

#[test]
fn rows_out_of_order_are_sorted_and_counted() {
    let text = "timestamp,input_length,output_length\n30,1,1\n10,2,2\n20,3,3\n10,4,4\n";
    let trace = parse(text.as_bytes()).unwrap();
    assert_eq!(offsets(&trace), [(0, 2, 2), (0, 4, 4), (10, 3, 3), (20, 1, 1)]);
    assert_eq!(trace.out_of_order, 2);
}

/// A Mooncake table of 1 000 rows of which these replace the first.
fn damaged(rows: &[&str]) -> String {
    let mut text = "timestamp,input_length,output_length\n".to_string();
    for i in 0..1000 {
        match rows.get(i) {
            Some(row) => text.push_str(&format!("{row}\n")),
            None => text.push_str(&format!("{i},10,10\n")),
        }
    }
    text
}

#[test]
fn bad_rows_are_dropped_counted_and_named() {
    let rows =
        ["soon,1,1", "-5,1,1", "nan,1,1", "1,x,1", "1,-1,1", "1,0,0", "1,1", "1,1,3000000000", "1,1.5,1"];
    let trace = parse(damaged(&rows).as_bytes()).unwrap();
    assert_eq!((trace.rows.len(), trace.dropped), (991, 9));
    let named: Vec<String> = trace.dropped_first.iter().map(Dropped::to_string).collect();
    assert_eq!(named[0], "line 2: the time is not a number");
    assert_eq!(named[1], "line 3: the time is negative");
    assert_eq!(named[2], "line 4: the time is out of range");
    assert_eq!(named[3], "line 5: input_length is not a number");
    assert_eq!(named[4], "line 6: input_length is negative");
    assert_eq!(named[5], "line 7: it has no tokens");
    assert_eq!(named[6], "line 8: it has no readable output_length");
    assert_eq!(named[7], "line 9: output_length is above 2147483648");
    assert_eq!(named[8], "line 10: input_length is not a whole number");
}

#[test]
fn one_percent_may_be_dropped_and_no_more() {
    assert_eq!(parse(damaged(&["x"; 10]).as_bytes()).unwrap().dropped, 10);
    let error = parse(damaged(&["x"; 11]).as_bytes()).unwrap_err();
    assert_eq!(error.message, "11 of 1000 rows cannot be used, more than 1 %");
    assert_eq!(error.dropped.len(), NAMED_MAX);
    assert!(error.to_string().contains("; line 2: the time is not a number"), "{error}");
}

#[test]
fn an_unclosed_quote_cannot_hide_the_rest_of_the_file() {
    let error = parse(damaged(&["1,\"10,10"]).as_bytes()).unwrap_err();
    assert!(error.message.starts_with("it has no usable row (1000 were dropped)"), "{error}");
}

#[test]
fn what_is_no_trace_is_refused() {
    for (bytes, part) in [
        (&b""[..], "empty"),
        (b" \n\n", "empty"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"PAR1....", "binary"),
        (b"[{\"timestamp\": 1}]", "JSON array"),
        (b"a,b,c\n1,2,3\n", "(a, b, c)"),
        (b"timestamp,input_length,output_length\n", "no usable row"),
        (b"{\"timestamp\": 1, \"tokens\": 5}\n", "(timestamp, tokens)"),
        (b"{broken\n{\"timestamp\"\n", "no usable row"),
        (b"\xff\xfe\x00a\x00b", "no known trace"),
    ] {
        let error = parse(bytes).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let nested = format!("{{\"timestamp\": {}", "[".repeat(100_000));
    assert!(parse(nested.as_bytes()).is_err());
}

#[test]
fn no_gap_has_no_rate() {
    let trace = parse(b"timestamp,input_length,output_length\n7,1,1\n7,1,1\n").unwrap();
    assert_eq!((trace.mean_rate(), trace.gap_cv(), trace.length_ns()), (0.0, 0.0, 0));
}

/// A public trace, where this machine has it: in `$RATETIDE_TRACES` or `../shared/traces`.
fn public(name: &str) -> Option<Trace> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/traces");
    let path = std::env::var_os("RATETIDE_TRACES").map_or_else(beside, PathBuf::from).join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(parse(&bytes).unwrap()),
        Err(_) => {
            println!("skipped: {name} is not here");
            None
        }
    }
}

/// The value below which `share` of the sorted values lie, by linear interpolation.
fn quantile(mut values: Vec<u32>, share: f64) -> f64 {
    values.sort_unstable();
    let place = share * (values.len() - 1) as f64;
    let low = f64::from(values[place as usize]);
    let high = f64::from(values[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

#[test]
fn the_azure_conversation_trace_is_read_whole() {
    let Some(trace) = public("azure-2023-conv.csv") else { return };
    assert_eq!((trace.rows.len(), trace.dropped), (19_366, 0));
    assert!((trace.mean_rate() / 5.53 - 1.0).abs() < 0.01, "{}", trace.mean_rate());
    assert!((trace.gap_cv() / 1.09 - 1.0).abs() < 0.01, "{}", trace.gap_cv());
    let prompts: Vec<u32> = trace.rows.iter().map(|r| r.prompt).collect();
    let outputs: Vec<u32> = trace.rows.iter().map(|r| r.output).collect();
    assert_eq!((quantile(prompts.clone(), 0.5), quantile(prompts, 0.99).round()), (1020.0, 4142.0));
    assert_eq!((quantile(outputs.clone(), 0.5), quantile(outputs, 0.99).round()), (129.0, 601.0));
}

#[test]
fn the_mooncake_synthetic_trace_is_read_whole() {
    let Some(trace) = public("mooncake-synthetic.jsonl") else { return };
    assert_eq!((trace.rows.len(), trace.dropped), (3_993, 0));
    assert!((trace.gap_cv() / 1.01 - 1.0).abs() < 0.01, "{}", trace.gap_cv());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    /// Bytes set at random in good files: an answer or an error, never a panic.
    #[test]
    fn damage_never_panics(
        which in 0usize..3,
        edits in prop::collection::vec((0usize..400, any::<u8>()), 0..12),
        length in 0usize..400,
    ) {
        let azure = "\u{feff}TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n";
        let lines = "{\"timestamp\": 27, \"input_length\": 6, \"output_length\": 50, \"hash_ids\": [1, 2]}\n";
        let burst = "Timestamp,Model,Request tokens,Response tokens,Total tokens\n5,\"GPT\",472,18,490\n";
        let mut bytes = [azure.to_string(), lines.repeat(3), burst.to_string()][which].clone().into_bytes();
        for (at, byte) in edits {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate(length);
        if let Ok(trace) = parse(&bytes) {
            prop_assert!(trace.rows.is_sorted_by_key(|row| row.offset_ns) && trace.rows[0].offset_ns == 0);
            prop_assert!(trace.rows.iter().all(|row| row.prompt >= 1 && row.output >= 1));
        }
    }
}
