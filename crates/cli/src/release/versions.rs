//! What the site tells of a version of a work before anything of it is released.

use daedal_channels::{Licence, ProcessLabel, Site, Work, WorkVersion};
use daedal_core::bundle::Bundle;
use daedal_core::plan::Planned;
use daedal_core::process::Process;

use super::site_settings;
use crate::chain::{Known, caip19};
use crate::failure::Failure;
use crate::home::Home;

/// Puts the metadata of a version on the site, where there is one. Gives whether there is.
pub(crate) fn tell_site(
    home: &Home,
    planned: &Planned,
    known: &Known,
    version: u64,
) -> Result<bool, Failure> {
    let process = &planned.process;
    let version = WorkVersion {
        process: ProcessLabel {
            licence: licence_of(process, &planned.bundle),
            ..label_of(process)
        },
        bundle: planned.bundle.digest(),
        work: Work {
            token: caip19(known.chain, known.registry, known.work),
            version,
            shares: known.shares.to_checksum(None),
        },
    };
    Site::new(home.site())
        .add_version(&version, &site_settings(home, process))
        .map_err(|error| {
            Failure::because("the chain has it, and the site can't tell of it", &error)
                .help("mend this and run the same command again")
        })
}

/// How a process is called, without what depends on its files or on a run.
pub(super) fn label_of(process: &Process) -> ProcessLabel {
    let title = process.title.as_ref();
    ProcessLabel {
        name: process.name.clone(),
        title: title.unwrap_or(&process.name).clone(),
        description: process.description.clone(),
        licence: None,
        disclosure: None,
        training: process.disclosure.training,
    }
}

pub(super) fn licence_of(process: &Process, bundle: &Bundle) -> Option<Licence> {
    let license = process.license.as_ref()?;
    let file = license.file.as_ref();
    let permissions = license.permissions();
    Some(Licence {
        name: license.id.clone().or_else(|| file.cloned())?,
        text: file.and_then(|path| bundle.files.get(path).cloned()),
        commercial: permissions.commercial,
        derivatives: permissions.derivatives,
        attribution: permissions.attribution,
    })
}
