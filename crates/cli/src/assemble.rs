//! The one place that names concrete implementations.

use daedal_channels::{Channel, ChannelError, Site};
use daedal_core::engine::Engines;

use crate::home::Home;

/// Every engine of this build.
pub(crate) fn engines() -> Engines {
    Engines::new(daedal_engines::all())
}

/// The channel called `name`, for the studio at `home`.
pub(crate) fn channel(home: &Home, name: &str) -> Result<Box<dyn Channel>, ChannelError> {
    let mut channels: Vec<Box<dyn Channel>> = vec![Box::new(Site::new(home.site()))];
    let found = daedal_channels::find(&channels, name)?.name();
    channels.retain(|channel| channel.name() == found);
    channels.pop().ok_or(ChannelError::Unknown {
        name: name.to_owned(),
        suggestion: String::new(),
    })
}
