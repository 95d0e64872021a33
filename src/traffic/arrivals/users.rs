//! A closed loop: each user thinks, sends, waits for the end of the request, and thinks again.

use super::process::{Birth, LoadTrace, Process, Written};
use crate::dist::{Dist, Law as _, Seconds, TIMES};
use crate::read::{Key, Member, Range, Spec, Table, Tagged};
use crate::rng::Stream;
use crate::units::Span;

/// So many users, each with one request at a time: after a think time a request is born, and when it has ended,
/// succeeded or given up, the next think time begins. All begin by thinking.
///
/// The engine gives births as requests end; as a process of its own it has none. Its rate is that of a platform that
/// answers in the time an idle one needs: users ÷ (mean think time + round trip + service).
///
/// # Source
/// The finite-source model of Engset (1918) and Palm (1947), the machine repairman; a closed system as the opposite of
/// an open one: Schroeder, Wierman, Harchol-Balter, *Open Versus Closed: A Cautionary Tale*, NSDI 2006.
#[derive(Clone, Debug)]
pub struct Users {
    /// How many.
    pub users: u32,
    /// Time from the end of a request to the birth of the next.
    pub think: Dist,
    /// Sessions, if requests belong together.
    pub session: Option<Session>,
    /// Mean time to an answer of an idle platform, in s.
    answered_in_s: f64,
}

/// A session: the prompt of a turn holds what was said before.
#[derive(Clone, Debug)]
pub struct Session {
    /// Requests of a session.
    pub turns: u32,
    /// The most tokens of a prompt with what was said before: of more, the latest are sent.
    pub context_tokens: u32,
    /// Think time before a new session's first turn, instead of the usual.
    pub pause: Option<Dist>,
}

impl Session {
    /// The mean prompt of a turn, where a prompt of its own and an answer have these means; what is above the
    /// context is cut turn by turn, as if every request were the mean one.
    pub fn mean_prompt(&self, own: f64, output: f64) -> f64 {
        let most = f64::from(self.context_tokens);
        // From some turn on the context is full.
        let turns = f64::from(self.turns);
        let growing = (((most - own) / (own + output)).floor() + 1.0).clamp(0.0, turns);
        let grown = growing * own + growing * (growing - 1.0) / 2.0 * (own + output);
        (grown + (turns - growing) * most) / turns
    }
}

impl Users {
    /// So many users who think so long, with these sessions.
    ///
    /// # Errors
    /// No user or more than 10 million; a session without turns or context.
    pub fn new(users: u32, think: Dist, session: Option<Session>) -> Result<Users, String> {
        if users == 0 || u64::from(users) > USERS.max {
            return Err(format!("users must be between 1 and {}, not {users}", USERS.max));
        }
        if session.as_ref().is_some_and(|session| session.turns == 0 || session.context_tokens == 0) {
            return Err("a session needs at least one turn and a context of at least one token".into());
        }
        Ok(Users { users, think, session, answered_in_s: 0.0 })
    }

    /// The same with the mean time to an answer of an idle platform.
    pub fn answered_in(self, seconds: f64) -> Users {
        Users { answered_in_s: seconds, ..self }
    }

    /// The mean think time, over a session, in s.
    pub fn mean_think_s(&self) -> f64 {
        match self.session.as_ref().and_then(|session| Some((session.turns, session.pause.as_ref()?))) {
            Some((turns, pause)) => {
                let turns = f64::from(turns);
                ((turns - 1.0) * self.think.mean() + pause.mean()) / turns
            }
            None => self.think.mean(),
        }
    }

    /// The rate per second if every answer took so long.
    pub fn rate_at(&self, answered_in_s: f64) -> f64 {
        f64::from(self.users) / (self.mean_think_s() + answered_in_s).max(1e-9)
    }
}

impl Process for Users {
    fn next(&mut self, _: &mut Stream) -> Option<Birth> {
        None
    }

    fn mean_rate(&self) -> f64 {
        self.rate_at(self.answered_in_s)
    }

    /// That of many users together, each rarely (Palm 1943, Khinchine 1955): nearly Poisson.
    fn cv(&self) -> f64 {
        1.0
    }

    fn dispersion(&self) -> Option<f64> {
        None
    }
}

/// How many users.
const USERS: Range<u64> = Range::new(1, 10_000_000);
/// Turns of a session.
const TURNS: Range<u64> = Range::new(1, 1_000_000);

static SESSION: Spec = Spec::new(
    "session",
    "requests that belong together: a turn's prompt holds its own and all prompts and answers before it",
    &[
        Key::integer("turns", TURNS).doc("requests of a session; then the user begins another"),
        Key::tokens("context_tokens", crate::bounds::TOKENS)
            .or("32768")
            .doc("most prompt tokens of a turn; what was said first is cut"),
        Key::one_of("pause", &TIMES).optional().doc("think time before a new session; left out, `think`"),
    ],
);

static USERS_SPEC: Spec = Spec::new(
    "users_arrivals",
    "a closed loop: users think, send, wait for the end of the request, and think again",
    &[
        Key::integer("users", USERS).doc("how many users, each with one request at a time"),
        Key::one_of("think", &TIMES).doc("time from the end of a request to the birth of the next"),
        Key::table("session", &SESSION).optional().doc("requests of a user belong together"),
    ],
);

impl Written for Users {
    const MEMBER: Member = Member::table("users", &USERS_SPEC);

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<Users> {
        let mut table = value.table();
        let users = u32::try_from(table.integer("users")).expect("the key's range fits");
        let think = table.tagged("think").map(|chosen| Dist::of::<Seconds>(Some(chosen)));
        let session = table.opt_table("session").map(|mut table: Table<'_>| Session {
            turns: table.integer("turns") as u32,
            context_tokens: u32::try_from(table.integer("context_tokens")).expect("the key's range fits"),
            pause: table.opt_tagged("pause").map(|chosen| Dist::of::<Seconds>(Some(chosen))),
        });
        crate::registry::accept(&table, Users::new(users, think?, session))
    }
}

/// The shortest mean cycle of a user: think time and round trip together.
pub const CYCLE_MIN: Span = Span::from_ns(1_000);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::{Constant, Exponential};

    fn session(turns: u32, context_tokens: u32) -> Session {
        Session { turns, context_tokens, pause: None }
    }

    #[test]
    fn prompts_of_a_session_grow_up_to_the_context() {
        // 100, 250, 400, 550: prompts of their own of 100 and answers of 50.
        assert_eq!(session(4, 10_000).mean_prompt(100.0, 50.0), 325.0);
        // 100, 250, 300, 300.
        assert_eq!(session(4, 300).mean_prompt(100.0, 50.0), 237.5);
        assert_eq!(session(1, 300).mean_prompt(100.0, 50.0), 100.0);
        assert_eq!(session(3, 60).mean_prompt(100.0, 50.0), 60.0);
    }

    #[test]
    fn the_rate_is_that_of_an_idle_platform() {
        let think = Exponential::new(20.0).unwrap();
        let users = Users::new(50, think.into(), None).unwrap().answered_in(5.0);
        assert_eq!(users.mean_rate(), 2.0);
        assert_eq!(users.rate_at(0.0), 2.5);
        let pause = Some(Constant::new(60.0).unwrap().into());
        let session = Session { pause, ..session(4, 1000) };
        let users = Users::new(1, think.into(), Some(session)).unwrap();
        assert_eq!(users.mean_think_s(), 30.0);
    }

    #[test]
    fn nonsense_is_refused() {
        let think: Dist = Exponential::new(20.0).unwrap().into();
        assert!(Users::new(0, think.clone(), None).is_err());
        assert!(Users::new(10_000_001, think.clone(), None).is_err());
        assert!(Users::new(1, think.clone(), Some(session(0, 9))).is_err());
        assert!(Users::new(1, think, Some(session(1, 0))).is_err());
    }
}
