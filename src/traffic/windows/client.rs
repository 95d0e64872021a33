//! The windows of one client, in order and without holes.

use super::{Window, Windows};
use crate::units::Span;

/// The windows of one client: gapless from the first to the end of the last.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientWindows {
    /// In order of time; never empty.
    pub windows: Vec<Window>,
    /// The length of each.
    pub width: Span,
}

/// Why there are no windows of a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// True if it is the choice of the client, false if it is the file.
    pub is_choice: bool,
}

/// How many clients are listed in a message.
const LISTED_MAX: usize = 12;

impl Windows {
    /// The windows of `client`, each `width` long; without a name, of the only client there is.
    ///
    /// # Errors
    /// There is no such client, or several and none is named; its windows overlap, are out of order, or leave holes.
    pub fn of(&self, client: Option<&str>, width: Span) -> Result<ClientWindows, ClientError> {
        let choice = |message: String, help: String| ClientError { message, help, is_choice: true };
        let windows = match (client, &self.clients[..]) {
            (None, [(_, windows)]) => windows,
            (None, clients) => {
                let message = format!("the file has {} clients: which?", clients.len());
                return Err(choice(message, format!("`client` chooses one of {}", self.listed())));
            }
            (Some(wanted), clients) => match clients.iter().find(|(name, _)| name == wanted) {
                Some((_, windows)) => windows,
                None => {
                    let near = crate::read::nearest(wanted, clients.iter().map(|(name, _)| name.as_str()));
                    let help = near.map_or_else(
                        || format!("its clients are {}", self.listed()),
                        |near| format!("did you mean `{near}`?"),
                    );
                    return Err(choice(format!("the file has no client `{wanted}`"), help));
                }
            },
        };
        for pair in windows.windows(2) {
            let (at, due) = (pair[1].start_ns, pair[0].start_ns + width.as_ns());
            let line = pair[1].line;
            let [begins, before] = [at, pair[0].start_ns].map(Span::from_ns);
            let wrong = |what: String, help: &str| ClientError {
                message: format!("line {line}: the window at {begins} {what}"),
                help: help.to_owned(),
                is_choice: false,
            };
            if at <= pair[0].start_ns {
                let what = format!("comes after the one at {before}");
                return Err(wrong(what, "sort the rows of a client by `t_s`, one row for each window"));
            }
            if at < due {
                let what = format!("overlaps the one at {before}, which is {width} long");
                return Err(wrong(what, "`width` is the length of a window"));
            }
            if at > due {
                let what = format!("leaves a gap of {} after the one at {before}", Span::from_ns(at - due));
                return Err(wrong(what, "a silent window has a row too, with rate 0; `width` is its length"));
            }
        }
        Ok(ClientWindows { windows: windows.clone(), width })
    }

    /// The first clients, for a message.
    fn listed(&self) -> String {
        let names: Vec<&str> = self.clients.iter().take(LISTED_MAX).map(|(name, _)| name.as_str()).collect();
        let more = if self.clients.len() > names.len() { ", …" } else { "" };
        format!("{}{more}", names.join(", "))
    }
}
