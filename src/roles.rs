//! What a process of the gateway does. Any split over processes works that shares a ledger, an object store and, between the rooms, a broker.

use std::collections::BTreeSet;
use std::fmt;

use clap::ValueEnum;

/// One thing that a process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// The SFTP door
    Sftp,
    /// The REST door
    Api,
    /// The door of S3 events: files that somebody put into a bucket
    Events,
    /// Opens, checks and acknowledges files, and takes their items out
    Translate,
    /// Sends batches to partners, and settles calls that were cut
    Deliver,
    /// Tells senders and webhooks what partners answered
    Answer,
    /// Brings jobs from the ledger to the queues
    Relay,
    /// Looks after alarms, and after what the dead left behind
    Watch,
}

/// The roles of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

/// The roles that queues connect: with queues inside the process they belong together.
const ROOMS: [Role; 4] = [Role::Translate, Role::Deliver, Role::Answer, Role::Relay];

/// The roles that open what was sealed.
const OPENING: [Role; 4] = [Role::Api, Role::Translate, Role::Deliver, Role::Answer];

impl Default for Roles {
    /// All.
    fn default() -> Self {
        Self(Role::value_variants().iter().copied().collect())
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        Self(roles.into_iter().collect())
    }
}

impl Roles {
    /// Whether the process has a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether the process needs queues.
    #[must_use]
    pub fn uses_queues(&self) -> bool {
        ROOMS.iter().any(|role| self.has(*role))
    }

    /// Whether the process has every room, so that queues inside it connect them.
    #[must_use]
    pub fn has_all_rooms(&self) -> bool {
        ROOMS.iter().all(|role| self.has(*role))
    }

    /// What stands against these roles.
    ///
    /// # Errors
    /// A sentence for the operator: a ledger in a file belongs to one process, and so do rooms whose queues are inside it.
    pub fn check(&self, ledger_is_shared: bool, queues_are_shared: bool) -> Result<(), String> {
        if !ledger_is_shared && *self != Self::default() {
            return Err(
                "--roles: a ledger in a file belongs to one process with all roles; name a database in [ledger]".into(),
            );
        }
        if !queues_are_shared && self.uses_queues() && !self.has_all_rooms() {
            return Err(
                "--roles: translate, deliver, answer and relay belong to one process unless [queues] names a broker"
                    .into(),
            );
        }
        Ok(())
    }
}

/// What a process is to be.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// What it does.
    pub roles: Roles,
    /// Whether it may seal and not open.
    pub seals_only: bool,
}

impl Process {
    /// What stands against it: as [`Roles::check`].
    ///
    /// # Errors
    /// A sentence for the operator; without the right to open, only what takes files in can work, and only where KMS knows rights.
    pub fn check(&self, ledger_is_shared: bool, queues_are_shared: bool, has_kms: bool) -> Result<(), String> {
        self.roles.check(ledger_is_shared, queues_are_shared)?;
        if self.seals_only && OPENING.iter().any(|role| self.roles.has(*role)) {
            return Err("--seals-only: api, translate, deliver and answer open what others sealed".into());
        }
        if self.seals_only && !has_kms {
            return Err("--seals-only: name a key in [kms]; who has the root key can open everything".into());
        }
        Ok(())
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (role, place) in self.0.iter().zip(0..) {
            let name = role.to_possible_value();
            let name = name.as_ref().map_or("", |value| value.get_name());
            write!(f, "{}{name}", if place == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(roles: &[Role]) -> Roles {
        roles.iter().copied().collect()
    }

    #[test]
    fn what_is_inside_one_process_is_not_split() {
        let all = Roles::default();
        assert_eq!(all.to_string(), "sftp,api,events,translate,deliver,answer,relay,watch");
        let doors = roles(&[Role::Sftp, Role::Api]);
        let rooms = roles(&ROOMS);
        let one = roles(&[Role::Translate, Role::Relay]);
        for (roles, ledger, queues, well) in [
            (&all, false, false, true),
            (&all, true, true, true),
            (&doors, false, false, false),
            (&doors, true, false, true),
            (&rooms, true, false, true),
            (&one, true, false, false),
            (&one, true, true, true),
        ] {
            assert_eq!(roles.check(ledger, queues).is_ok(), well, "{roles} {ledger} {queues}");
        }
    }

    #[test]
    fn who_seals_only_takes_files_in_and_does_nothing_else() {
        let process = |roles: &[Role]| Process { roles: roles.iter().copied().collect(), seals_only: true };
        for (process, kms, well) in [
            (process(&[Role::Sftp]), true, true),
            (process(&[Role::Sftp, Role::Relay, Role::Watch]), true, true),
            (process(&[Role::Sftp]), false, false),
            (process(&[Role::Sftp, Role::Api]), true, false),
            (process(&ROOMS), true, false),
        ] {
            assert_eq!(process.check(true, true, kms).is_ok(), well, "{process:?} {kms}");
        }
    }
}
