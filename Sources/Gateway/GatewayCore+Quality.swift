internal import Devices
internal import Logging
internal import SiteConfiguration
internal import Store
internal import Synchronization
internal import Telemetry

/// The daily record of the quality of each sensor's data.
extension GatewayCore {
    /// The time after the end of a day in which readings of it may still come, such as the backlog of an outage.
    private static let grace = TimeSpan.hours(3)
    /// The number of days whose records are kept: ten years.
    private static let kept = 3653
    /// The most days that are made up for after a long stop.
    private static let daysMax = 31

    /// The time between two looks at the calendar.
    private static let pause = TimeSpan.minutes(10)

    /// Records the days that are over and not recorded yet. It reads on a connection of its own, so that commits do not
    /// wait. Call it once a minute; it has something to do once a day.
    func recordQuality() async throws {
        let now = clock.now()
        let isDue = qualityLookDue.withLock { due in
            // A clock that was set back must not delay it.
            guard now >= due || due > now + Self.pause else { return false }
            due = now + Self.pause
            return true
        }
        guard isDue else { return }
        let zone = ZoneTable(timeZone: siteModel.site.timeZone)
        let yesterday = LocalTime.day(before: now - Self.grace, by: 1, in: zone).name
        let newest = try store.newestQualityDay(upTo: yesterday) ?? ""
        guard newest < yesterday else { return }
        // The devices of today, which a reload may have changed.
        let model = (try? readSiteModel()) ?? siteModel
        let reader = try StoreReader(path: configuration.store.path)
        // Of the days before its first reading, the gateway knows nothing.
        guard let first = try reader.firstArrival() else { return }
        for number in stride(from: Self.daysMax, through: 1, by: -1) {
            let day = LocalTime.day(before: now - Self.grace, by: number, in: zone)
            // A store without records has no days before the one that is recorded first.
            guard day.name > newest, number == 1 || !newest.isEmpty, day.end > first else { continue }
            let tallies = try reader.qualityTallies(from: day.start, until: day.end)
            let records = model.site.quality(day.name, from: max(day.start, first), until: day.end, tallies) {
                model.series.id(device: $0, quantity: $1)
            }
            try await store.keep(records, daysMax: Self.kept)
            logger.info("recorded the quality of a day", metadata: ["day": "\(day.name)"])
        }
    }

    /// Records the days anew in which persons have flagged readings, or have withdrawn a flag. Call it once a minute.
    ///
    /// A sensor's day of which not all readings are kept any more stays as it is.
    func recordFlaggedSpans() async throws {
        let spans = try store.spansToRecord()
        guard !spans.isEmpty else { return }
        // A reload may have changed the devices; while the inventory has mistakes, those that run count.
        let model = (try? readSiteModel()) ?? siteModel
        let zone = ZoneTable(timeZone: model.site.timeZone)
        let now = clock.now()
        let reader = try StoreReader(path: configuration.store.path)
        let first = try reader.firstArrival() ?? now
        for span in spans {
            for number in 1...Self.kept {
                let day = LocalTime.day(before: now, by: number, in: zone)
                guard day.end > span.start, day.end > first else { break }
                guard day.start <= span.end else { continue }
                let recorded = try reader.qualityDays(since: day.name, upTo: day.name)
                guard !recorded.isEmpty else { continue }
                let tallies = try reader.qualityTallies(from: day.start, until: day.end)
                let records = model.site.quality(day.name, from: max(day.start, first), until: day.end, tallies) {
                    model.series.id(device: $0, quantity: $1)
                }
                try await store.keep(records.filter { $0.isOf(recorded) }, daysMax: Self.kept)
            }
            try await store.noteRecorded(span)
        }
    }
}

extension QualityDay {
    /// Returns whether it counts all the readings of its sensor that were counted before.
    fileprivate func isOf(_ recorded: [QualityDay]) -> Bool {
        recorded.contains { $0.device == device && $0.quantity == quantity && $0.received <= received }
    }
}
