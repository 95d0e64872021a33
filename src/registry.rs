//! `registry!`: one list makes a family of kinds into an enum.
//!
//! A family (distributions, arrival processes) is a trait, one file per kind that implements it, and one
//! registry list above them. The trait's file names no kind; a new kind is a new file and one line here.
//! Calls go through a `match`, so that the compiler can inline them; nothing is boxed.

use crate::read::Table;

/// Makes `enum $Enum` with one variant per kind and implements `$Trait` for it by delegation.
///
/// The methods to delegate are listed twice over: those that read (`&self`) and those that advance
/// (`&mut self`). `written[generics] as Trait, given Context` names the trait by which each kind tells how a
/// scenario writes it: a const `MEMBER` and `read(Tagged, Context) -> Option<Self>`.
///
/// A line `module: Kind,` in place of `Kind,` declares the kind's module too, and re-exports the kind.
macro_rules! registry {
    (
        $(#[$doc:meta])*
        pub enum $Enum:ident: $Trait:ident { $($(#[$kind_doc:meta])* $module:ident: $Kind:ident,)+ }
        $($rest:tt)*
    ) => {
        $(mod $module; pub use $module::$Kind;)+
        registry! { $(#[$doc])* pub enum $Enum: $Trait { $($(#[$kind_doc])* $Kind,)+ } $($rest)* }
    };
    (
        $(#[$doc:meta])*
        pub enum $Enum:ident: $Trait:ident $kinds:tt
        reads { $($read:ident($($read_arg:ident: $read_type:ty),*) -> $read_result:ty;)* }
        advances { $($step:ident($($step_arg:ident: $step_type:ty),*) -> $step_result:ty;)* }
        written[$($generics:tt)*] as $Written:path, given $Context:ty;
    ) => {
        registry!(@enum { $(#[$doc])* } $Enum $kinds);
        registry!(@written $Enum $kinds [$($generics)*] [$Written] [$Context]);

        impl $Trait for $Enum {
            $(#[inline]
            fn $read(&self $(, $read_arg: $read_type)*) -> $read_result {
                registry!(@match self $Enum $kinds kind => kind.$read($($read_arg),*))
            })*
            $(#[inline]
            fn $step(&mut self $(, $step_arg: $step_type)*) -> $step_result {
                registry!(@match self $Enum $kinds kind => kind.$step($($step_arg),*))
            })*
        }
    };
    (@enum { $(#[$doc:meta])* } $Enum:ident { $($(#[$kind_doc:meta])* $Kind:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub enum $Enum {
            $($(#[$kind_doc])* $Kind($Kind),)+
        }

        $(impl From<$Kind> for $Enum {
            fn from(kind: $Kind) -> $Enum {
                $Enum::$Kind(kind)
            }
        })+
    };
    (
        @written $Enum:ident { $($(#[$kind_doc:meta])* $Kind:ident,)+ }
        [$($generics:tt)*] [$Written:path] [$Context:ty]
    ) => {
        impl $Enum {
            /// The alternatives as a scenario writes them, in the order of the registry.
            pub const fn members<$($generics)*>() -> [$crate::read::Member; [$(stringify!($Kind)),+].len()] {
                [$(<$Kind as $Written>::MEMBER),+]
            }

            /// Reads the alternative that was chosen; `None` only after an error was recorded.
            ///
            /// # Panics
            /// If its tag is not one of this registry.
            pub fn read<$($generics)*>(chosen: $crate::read::Tagged<'_>, context: $Context) -> Option<$Enum> {
                $(if chosen.tag == <$Kind as $Written>::MEMBER.tag {
                    return <$Kind as $Written>::read(chosen, context).map($Enum::$Kind);
                })+
                panic!("`{}` is not in this registry", chosen.tag)
            }
        }
    };
    (@match $value:ident $Enum:ident { $($(#[$kind_doc:meta])* $Kind:ident,)+ } $kind:ident => $call:expr) => {
        match $value {
            $($Enum::$Kind($kind) => $call,)+
        }
    };
}

pub(crate) use registry;

/// What a kind's constructor made of the keys of `table`, or `None` after its complaint was recorded there
/// (unless a key was already in error, so that it saw a stand-in).
pub(crate) fn accept<K>(table: &Table<'_>, made: Result<K, String>) -> Option<K> {
    made.map_err(|message| {
        if table.clean() {
            table.error_here(message, None);
        }
    })
    .ok()
}
