//! `registry!`: one list makes a family of kinds into an enum.
//!
//! A family (distributions, arrival processes) is a trait, one file per kind that implements it, and one
//! registry list above them. The trait's file names no kind; a new kind is a new file and one line here.
//! Calls go through a `match`, so that the compiler can inline them; nothing is boxed.

/// Makes `enum $Enum` with one variant per kind and implements `$Trait` for it by delegation.
///
/// The methods to delegate are listed twice over: those that read (`&self`) and those that advance
/// (`&mut self`).
macro_rules! registry {
    (
        $(#[$doc:meta])*
        pub enum $Enum:ident: $Trait:ident $kinds:tt
        reads { $($read:ident($($read_arg:ident: $read_type:ty),*) -> $read_result:ty;)* }
        advances { $($step:ident($($step_arg:ident: $step_type:ty),*) -> $step_result:ty;)* }
    ) => {
        registry!(@enum { $(#[$doc])* } $Enum $kinds);

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
    (@match $value:ident $Enum:ident { $($(#[$kind_doc:meta])* $Kind:ident,)+ } $kind:ident => $call:expr) => {
        match $value {
            $($Enum::$Kind($kind) => $call,)+
        }
    };
}

pub(crate) use registry;
