//! The clocks of a place, as the schedule's library reads them.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use daedal_core::run::Moment;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

/// A moment by the clocks of a place.
#[derive(Debug, Clone)]
pub(super) struct Local(ZonedDateTime);

impl Local {
    pub(super) fn of(moment: Moment, zone: &TimeZone) -> Option<Self> {
        let ms = i64::try_from(moment.0).ok()?;
        let time = Timestamp::from_millisecond(ms).ok()?;
        Some(Self(time.to_zoned_datetime(zone.clone())))
    }

    pub(super) fn moment(&self) -> Option<Moment> {
        let ms = self.0.timestamp().as_millisecond();
        u64::try_from(ms).ok().map(Moment)
    }
}

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        let told = self.0.datetime();
        let part = |part: i8| u32::from(part.unsigned_abs());
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(
                told.year().into(),
                part(told.month()),
                part(told.day()),
            ),
            CivilTime::from_parts_unchecked(
                part(told.hour()),
                part(told.minute()),
                part(told.second()),
            ),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        let day = self.0.weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(day.unsigned_abs().into())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let part = |part: u32| i8::try_from(part).map_err(|_| CronError::InvalidDate);
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let told = DateTime::new(
            year,
            part(civil.month())?,
            part(civil.day())?,
            part(civil.hour())?,
            part(civil.minute())?,
            part(civil.second())?,
            0,
        );
        let told = told.map_err(|_| CronError::InvalidDate)?;
        let meant = self.0.time_zone().to_ambiguous_zoned_datetime(told);
        let at = |found: Result<ZonedDateTime, jiff::Error>| {
            found.map(Self).map_err(|_| CronError::InvalidTime)
        };
        Ok(match meant.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(at(meant.unambiguous())?),
            AmbiguousOffset::Fold { .. } => {
                let earlier = at(meant.clone().earlier())?;
                Resolution::Ambiguous(earlier, at(meant.later())?)
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let later = self.0.checked_add(SignedDuration::from_secs(seconds));
        later.ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}
