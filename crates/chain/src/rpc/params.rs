//! Parameters of a request.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::RpcError;

/// The parameters of one request, by position.
pub(super) struct Params<'a>(Vec<&'a RawValue>);

impl<'a> Params<'a> {
    pub(super) fn of(raw: Option<&'a RawValue>) -> Result<Self, RpcError> {
        let Some(raw) = raw.map(RawValue::get).filter(|text| *text != "null") else {
            return Ok(Self(Vec::new()));
        };
        let list = serde_json::from_str(raw);
        list.map(Self)
            .map_err(|error| RpcError::params(format!("expected a list ({error})")))
    }

    /// The parameter at `place`, which has to be there.
    pub(super) fn at<T: DeserializeOwned>(&self, place: usize, name: &str) -> Result<T, RpcError> {
        let found = self.find(place, name)?;
        found
            .ok_or_else(|| RpcError::params(format!("missing value for argument {place} ({name})")))
    }

    /// The parameter at `place`, if it is there and not `null`.
    pub(super) fn find<T: DeserializeOwned>(
        &self,
        place: usize,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        let raw = self.0.get(place).map(|raw| raw.get());
        let Some(raw) = raw.filter(|raw| *raw != "null") else {
            return Ok(None);
        };
        serde_json::from_str(raw)
            .map(Some)
            .map_err(|error| RpcError::params(format!("argument {place} ({name}): {error}")))
    }
}
