//! What a closed loop excludes.

use crate::client::Client;
use crate::read::Table;
use crate::traffic::arrivals::{ArrivalProcess, CYCLE_MIN};
use crate::units::Span;

/// A closed loop has its own pace: no profile, and some time from one request of a user to the next.
pub(super) fn check(t: &Table, process: &ArrivalProcess, client: &Client, rtt: Span) {
    if process.is_closed() && t.has("profile") && t.clean() {
        let help = "of users change `think`, of a backlog `concurrency` or `rate`; or use an open process";
        t.error_at("profile", "a closed loop sets its own pace: it has no profile", Some(help.into()));
    }
    if let ArrivalProcess::Users(users) = process {
        // What the client rejects itself takes no round trip.
        let travels = if client.rejects_at_once() { Span::ZERO } else { rtt };
        let cycle = travels.saturating_add(Span::from_secs_f64(users.mean_think_s()));
        if t.clean() && cycle < CYCLE_MIN {
            let help =
                "give `think` or `rtt` some time: a refusal at once would be followed by a request at once";
            t.error_at(
                "arrivals",
                "users that neither think nor wait would send for ever",
                Some(help.into()),
            );
        }
    }
}
